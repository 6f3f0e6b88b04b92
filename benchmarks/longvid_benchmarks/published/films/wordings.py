"""The words of the published prompts about long films, quoted, each with where it stands. Nothing here is our own but
how roles are put together: a system turn, where there is one, stands before the question, and the indentation of the
scripts that hold the judges' prompts is taken off.
"""

from __future__ import annotations

MOVIECHAT = (
    "You are able to understand the visual content that the user provides.Follow the instructions carefully and "
    "explain your answers in detail."
)
"""lmms-eval, tasks/moviechat: `pre_prompt`, right before the question, with nothing between."""

SF20K = (
    "You will be given a question about a movie and multiple choice options. Try to answer it based on the frames "
    "from the movie.\n\nQuestion: {question}\nOptions:\n{options}\n\n"
    "Answer with the option letter only (e.g., A, B, C, D, E)."
)
"""ridouaneg/sf20k, sf20k/prompts/mcqa_prompt.py: TEMPLATE_V. Options are a line each: "A. words"."""
SF20K_OPEN = (
    "You will be given a question about a movie. Try to answer it based on the frames from the movie.\n\n"
    "Question: {question}\n\nAnswer it shortly and directly without repeating the question."
)
"""ridouaneg/sf20k, sf20k/prompts/oeqa_prompt.py: TEMPLATE_V."""

MF2_SYSTEM = (
    "You are a helpful AI assistant. Your task is to carefully analyze the provided content and determine whether "
    "statements made about it are true or false based on the available information."
)
"""deep-spin/MF2, templates/video_only_templates.py: the system prompt `default`, which its scripts use."""
MF2 = (
    "You are provided with a movie and a statement. Your task is to carefully watch the movie and then determine "
    "whether the statement is true or false.\n"
    "Answer TRUE if the statement is true in its entirety based on the movie.\n"
    "Answer FALSE if any part of the statement is false based on the movie.\n\n"
    "Statement: {question}\n"
    "Based on the movie, is the above statement TRUE or FALSE?\n"
    "Provide only your final answer."
)
"""The same: `direct_free`, which its authors recommend for open-weight models."""

MLVU_SYSTEM = (
    "Carefully watch this video and pay attention to every detail. Based on your observations, answer the given "
    "questions.\n"
)
"""JUNJIE99/MLVU, videochat2/open_bench.py."""

_COMPARE = (
    "- Focus on the meaningful match between the predicted answer and the correct answer.\n"
    "- Consider synonyms or paraphrases as valid matches.\n"
    "- Evaluate the correctness of the prediction compared to the answer."
)
_CHATBOT = (
    "You are an intelligent chatbot designed for evaluating the correctness of generative outputs for question-answer "
    "pairs. Your task is to compare the predicted answer with the correct answer and determine if they match "
    "meaningfully. Here's how you can accomplish the task:"
)
_PAIR = (
    "Please evaluate the following video-based question-answer pair:\n\n"
    "Question: {question}\nCorrect Answer: {answer}\nPredicted Answer: {prediction}\n\n"
    "Provide your evaluation only as a yes/no and score where the score is an integer value between 0 and 5, with 5 "
    "indicating the highest meaningful match. "
)
_DICTIONARY = (
    "Please generate the response in the form of a Python dictionary string with keys 'pred' and 'score', where value "
    "of 'pred' is"
)
_ALONE = "DO NOT PROVIDE ANY OTHER OUTPUT TEXT OR EXPLANATION. Only provide the Python dictionary string. "
_LIKE = "For example, your response should look like this: "
MOVIECHAT_JUDGE = (
    f"{_CHATBOT}------##INSTRUCTIONS: {_COMPARE}\n\n{_PAIR}{_DICTIONARY}  a string of 'yes' or 'no' and value of "
    f"'score' is in INTEGER, not STRING.{_ALONE}{_LIKE}{{'pred': 'yes', 'score': 4.8}}."
)
"""rese1f/MovieChat, eval_code/Acc_score/run_eval_qa_moviechat.py, and lmms-eval."""
SF20K_JUDGE = (
    f"{_CHATBOT}\n------\n##INSTRUCTIONS:\n{_COMPARE}\n\n{_PAIR}{_DICTIONARY} a string of 'yes' or 'no' and value of "
    f"'score' is in INTEGER, not STRING. {_ALONE}{_LIKE}{{'pred': 'yes', 'score': 4}}."
)
"""ridouaneg/sf20k, sf20k/metrics/llm_qa_eval.py."""

SUB_SCENE_JUDGE = """##TASK DESCRIPTION:\x20
You are required to evaluate a respondent's answer based on a provided question, some scoring points, and the \
respondent's answer. You should provide two scores. The first is the accuracy score, which should range from 1 to 5. \
The second is the relevance score, which should also range from 1 to 5. Below are the criteria for each scoring \
category.
##ACCURACY Scoring Criteria:\x20
Evaluate the respondent's answer against specific scoring points as follows:
Score 1: The response completely misses the scoring point.
Score 3: The response mentions content related to the scoring point but is not entirely correct.
Score 5: The response accurately addresses the scoring point.
Calculate the average score across all scoring points to determine the final accuracy score.
##RELEVANCE Scoring Criteria:
Assess how the respondent's answer relates to the original question:
Score 1: The response is completely off-topic from the question.
Score 2: The response is partially related to the question but contains a significant amount of irrelevant content.
Score 3: The response primarily addresses the question, but the respondent seems uncertain about their own answer.
Score 4: The response mostly addresses the question and the respondent appears confident in their answer.
Score 5: The response is fully focused on addressing the question with no irrelevant content and demonstrates complete \
certainty.
----
##INSTRUCTION:
1. Evaluate Accuracy: First, assess and score each scoring point based on the respondent's answer. Calculate the \
average of these scores to establish the final accuracy score. Provide a detailed rationale before assigning your score.
2. Evaluate RELEVANCE: Assess the relevance of the respondent\u2019s answer to the question. Note that when evaluating \
relevance, the correctness of the answer is not considered; focus solely on how relevant the answer is to the \
question. Provide a comprehensive rationale before assigning your score.
3. Output Scores in JSON Format: Present the scores in JSON format as follows:
{'score_accuracy': score_acc, 'score_relevance': score_rele, 'total_score': score_acc + score_rele}

Please score the respondent's answer according to the steps in the Instructions. You must end with a JSON dict to \
store the scores.
Question: {question}
Scoring Points: {points}
Respondent's Answer: {prediction}
"""
"""JUNJIE99/MLVU, generation_evaluation/evaluate_ssc.py."""
SUMMARY_JUDGE = """##TASK DESCRIPTION:\x20
You are required to evaluate the performance of the respondent in the video summarization task based on the standard \
answer and the respondent's answer. You should provide two scores. The first is the COMPLETENESS score, which should \
range from 1 to 5. The second is the RELIABILITY score, which should also range from 1 to 5. Below are the criteria \
for each scoring category:
##COMPLETENESS Scoring Criteria:
The completeness score focuses on whether the summary covers all key points and main information from the video.\x20
Score 1: The summary hardly covers any of the main content or key points of the video.
Score 2: The summary covers some of the main content and key points but misses many.
Score 3: The summary covers most of the main content and key points.
Score 4: The summary is very comprehensive, covering most to nearly all of the main content and key points.
Score 5: The summary completely covers all the main content and key points of the video.
##RELIABILITY Scoring Criteria:
The reliability score evaluates the correctness and clarity of the video summary. It checks for factual errors, \
misleading statements, and contradictions with the video content. If the respondent's answer includes details that are \
not present in the standard answer, as long as these details do not conflict with the correct answer and are \
reasonable, points should not be deducted.
Score 1: Contains multiple factual errors and contradictions; presentation is confusing.
Score 2: Includes several errors and some contradictions; needs clearer presentation.
Score 3: Generally accurate with minor errors; minimal contradictions; reasonably clear presentation.
Score 4: Very accurate with negligible inaccuracies; no contradictions; clear and fluent presentation.
Score 5: Completely accurate with no errors or contradictions; presentation is clear and easy to understand.
----
##INSTRUCTION:
1. Evaluate COMPLETENESS: First, analyze the respondent's answer according to the scoring criteria, then provide an \
integer score between 1 and 5 based on sufficient evidence.\x20
2. Evaluate RELIABILITY: First, analyze the respondent's answer according to the scoring criteria, then provide an \
integer score between 1 and 5 based on sufficient evidence.\x20
3. Output Scores in JSON Format: Present the scores in JSON format as follows:
{'score_completeness': score_comp, 'score_reliability': score_reli, 'total_score': score_comp + score_reli}

Please score the respondent's answer according to the steps in the Instructions. You must end with a JSON dict to \
store the scores.
Standard Answer: {answer}
Respondent's Answer: {prediction}
"""
"""JUNJIE99/MLVU, evaluation/generation_evaluation/evaluate_summary.py."""
