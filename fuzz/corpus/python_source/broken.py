# -*- coding: latin-1 -*-
from openai import *
def f(:
  x = "é"
  OpenAI().chat.completions.create(
