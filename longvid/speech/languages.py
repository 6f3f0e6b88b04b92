"""Codes of languages: what containers and users call a language, as the two letters that a recogniser uses.

Knows those that Whisper knows and no other; a code that is none of them stands for itself.
"""

from __future__ import annotations

import re

LONG = (
    "af afr,am amh,ar ara,as asm,az aze,ba bak,be bel,bg bul,bn ben,bo bod tib,br bre,bs bos,ca cat,"
    "cs ces cze,cy cym wel,da dan,de deu ger,el ell gre,en eng,es spa,et est,eu eus baq,fa fas per,"
    "fi fin,fo fao,fr fra fre,gl glg,gu guj,ha hau,he heb iw,hi hin,hr hrv,ht hat,hu hun,hy hye arm,"
    "id ind,is isl ice,it ita,ja jpn,jw jav jv,ka kat geo,kk kaz,km khm,kn kan,ko kor,la lat,lb ltz,"
    "ln lin,lo lao,lt lit,lv lav,mg mlg,mi mri mao,mk mkd mac,ml mal,mn mon,mr mar,ms msa may,mt mlt,"
    "my mya bur,ne nep,nl nld dut,nn nno,no nor nob nb,oc oci,pa pan,pl pol,ps pus,pt por,ro ron rum,"
    "ru rus,sa san,sd snd,si sin,sk slk slo,sl slv,sn sna,so som,sq sqi alb,sr srp,su sun,sv swe,"
    "sw swa,ta tam,te tel,tg tgk,th tha,tk tuk,tl tgl fil,tr tur,tt tat,uk ukr,ur urd,uz uzb,vi vie,"
    "yi yid,yo yor,zh zho chi cmn"
)
"""A code of Whisper, then what others call the same language (ISO 639-1 and both kinds of ISO 639-2)."""
SHORT = {code: group.split()[0] for group in LONG.split(",") for code in group.split()}


def code_of(language: str) -> str:
    """The short code of a language tag: "en" for "eng", "EN-us" and "en". What is not known stays as it is, small."""
    primary = re.split(r"[-_. ]", language.strip().lower())[0]
    return SHORT.get(primary, primary)


def same(one: str | None, other: str) -> bool:
    """Whether two tags name one language; None, of which nothing is known, is none."""
    return one is not None and code_of(one) == code_of(other)
