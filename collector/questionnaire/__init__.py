"""Questionnaires as versioned data: the document, what an answer must look like, and the default one."""

from collector.questionnaire.answers import Answers, Fault, validate
from collector.questionnaire.document import Option, Question, Questionnaire, Row, Section
from collector.questionnaire.library import default_questionnaire, questionnaire

__all__ = [
    "Answers",
    "Fault",
    "Option",
    "Question",
    "Questionnaire",
    "Row",
    "Section",
    "default_questionnaire",
    "questionnaire",
    "validate",
]
