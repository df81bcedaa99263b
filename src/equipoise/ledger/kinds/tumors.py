"""Tumors as the site measured and judged them."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="tumors_measured",
        noun="tumor",
        fields={
            "record": "text",
            "assessment": "integer",
            "date": "date",
            "lesions": "list",
            "sum": "integer?",
            "computed": "text?",
        },
        key=("record",),
        date="date",
        text="Lesions at an assessment (0 is baseline); sizes in hundredths of a millimeter, with the response "
        "that follows by the criteria.",
    ),
    Kind(
        name="response_assessed",
        noun="tumor",
        fields={
            "record": "text",
            "assessment": "integer",
            "date": "date",
            "target": "text?",
            "non_target": "text?",
            "new_lesion": "text?",
            "overall": "text",
            "computed": "text?",
        },
        key=("record",),
        date="date",
        text="The response in the investigator's judgment, beside the computed one.",
    ),
)
