"""Films with damage of every kind through probe and scan: does longvid ever crash, hang, swell or leave something?"""
