"""Does what ``curl -s URL -H HEADER -d DATA`` does, for machines that have no curl; the shell's part stays real."""

import argparse
import sys
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("-s", action="store_true")
parser.add_argument("-H", action="append", default=[], dest="headers")
parser.add_argument("-d", dest="data")
asked = parser.parse_args()
request = urllib.request.Request(asked.url, data=asked.data.encode() if asked.data else None)
for header in asked.headers:
    request.add_header(*header.split(": ", 1))
with urllib.request.urlopen(request, timeout=60) as answer:
    sys.stdout.write(answer.read().decode())
