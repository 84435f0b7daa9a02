"""Questionnaires as versioned data: the document, what an answer must look like, and the default one."""

from collector.questionnaire.answers import Answers, Fault, validate
from collector.questionnaire.document import Axis, Language, Option, Question, Questionnaire, Row, Section, parse
from collector.questionnaire.library import default_questionnaire, questionnaire, read_document

__all__ = [
    "Answers",
    "Axis",
    "Fault",
    "Language",
    "Option",
    "Question",
    "Questionnaire",
    "Row",
    "Section",
    "default_questionnaire",
    "parse",
    "questionnaire",
    "read_document",
    "validate",
]
