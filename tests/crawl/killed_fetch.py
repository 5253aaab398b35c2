"""A fetch from a server, in a process that is there to be killed: `python killed_fetch.py URL FOLDER`."""

import sys

from glotmill.run.commoncrawl import Access, carry_out
from support.commoncrawl import job

if __name__ == "__main__":
    carry_out(job("eus_Latn", "deu_Latn", "tha_Thai"), sys.argv[2], Access(sys.argv[1], rate=60.0, connections=4))
