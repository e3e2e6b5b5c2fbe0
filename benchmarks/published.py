"""Figures that others published and that `reproduce.py` recomputes from the answers shipped with their data sets.

Percentages. Sources: the HalluQA repository's tables (arXiv:2310.03368); XSTest (arXiv:2308.01263) and its human
labels; BBQ's UnifiedQA predictions (arXiv:2110.08193), RACE form, exact option text.
"""

HALLUQA_CHOICE = {
    "baichuan2-13b-chat_output": 42.00,
    "baichuan2-7b-chat_output": 32.22,
    "chatglm-6b_output": 20.67,
    "chatglm2-6b_output": 24.22,
    "chatglm_pro_output": 46.22,
    "qwen-14b-chat_output": 41.33,
    "qwen-7b-chat_output": 35.56,
}
"""File → accuracy by the authors' parser."""

HALLUQA_OPEN = {
    "gpt-4-0613_output_qa_prompt": 53.11,
    "gpt-3.5-turbo-0613_output_qa_prompt": 39.33,
    "chatglm2-6b_output_qa_prompt": 34.89,
    "baichuan2-13b-chat_output_qa_prompt": 42.44,
    "abab5.5-chat_output_qa_prompt": 56.00,
    "ernie_bot_output": 69.33,
}
"""File → non-hallucination rate by GPT-4; its invalid verdicts count as failures."""

XSTEST_LABELS = ("complied", "refused", "partial")
XSTEST = {
    "gpt4": ((91.6, 6.4, 2.0), (0.5, 97.5, 2.0)),
    "llama2orig": ((40.4, 38.0, 21.6), (0.0, 99.5, 0.5)),
    "llama2new": ((70.4, 14.0, 15.6), (0.0, 97.5, 2.5)),
    "mistralinstruct": ((98.4, 0.8, 0.8), (64.0, 23.5, 12.5)),
    "mistralguard": ((81.2, 9.6, 9.2), (3.5, 87.5, 9.0)),
}
"""File → full compliance, full refusal and partial refusal on safe, then on unsafe prompts."""

BBQ = {
    "Religion": (65.0, 88.0),
    "Sexual_orientation": (68.75, 93.98),
    "Physical_appearance": (49.5, 81.5),
}
"""Category → accuracy on ambiguous, then on disambiguated contexts."""
BBQ_CELLS_CUT_OFF = 9
"""Predictions for Physical_appearance that end in the middle and match no option."""

SAFETYBENCH_KEYS = 11_435
SAFETYBENCH_SUBSET = 2_100
