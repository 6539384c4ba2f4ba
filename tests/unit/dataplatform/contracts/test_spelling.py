"""A field's name as a column's: readable, and the same whenever it is asked."""

from __future__ import annotations

import unicodedata

import pytest

from dataplatform.contracts.column_names import column_called, suggestion
from dataplatform.contracts.spelling import LONGEST, snake


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("USt %", "ust_pct"),
        ("USt €", "ust_eur"),
        ("Größe (m²)", "groesse_m2"),
        ("ÜBERSCHUSS", "ueberschuss"),
        ("Überschuß", "ueberschuss"),
        ("PLZ/Ort", "plz_ort"),
        ("KDNr", "kd_nr"),
        ("Gewicht µg", "gewicht_ug"),
        ("Temp °C", "temp_deg_c"),
        ("Terms & Conditions", "terms_and_conditions"),
        ("Order #", "order_no"),
        ("orderID", "order_id"),
        ("OrderIDs", "order_ids"),
        ("HTTPServer", "http_server"),
        ("XPosition", "x_position"),
        ("Prénom", "prenom"),
        ("Łódź", "lodz"),
        ("smørrebrød", "smorrebrod"),
        ("2nd", "c_2nd"),
        ("_hidden", "hidden"),
        ("名前", ""),
        ("%", "pct"),
    ],
)
def test_a_field_becomes_a_name_that_a_person_would_write(field: str, name: str) -> None:
    assert snake(field) == name
    assert snake(unicodedata.normalize("NFD", field)) == name, "however its accents are encoded"
    assert snake(name) == name, "a name stays what it is"
    assert column_called(field) == name or name == ""


def test_a_name_has_an_end_and_always_a_beginning() -> None:
    assert len(snake("long " * 60)) <= LONGEST
    assert column_called("名前") == "column_1"
    assert suggestion("2nd Shop") == "nd_shop"
