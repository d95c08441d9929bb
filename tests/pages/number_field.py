"""The field for one number after another, as a test without a browser reads it and types into it."""

from __future__ import annotations

import json

from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import UnknownElement


def field(at: AppTest) -> dict[str, object]:
    """Return what the number field is told."""
    told: dict[str, object] = json.loads(_component(at).proto.json)
    return told


def _component(at: AppTest) -> UnknownElement:
    (found,) = (each for each in at.get("bidi_component") if each.proto.component_name == "mv.number_field")
    return found


def enter(at: AppTest, text: str, number: int | None = None) -> AppTest:
    """Enter a text into the number field, as the browser would send it."""
    entry = {"number": number or int(str(field(at)["answered"])) + 1, "text": text}
    states = at._tree.get_widget_states()
    states.widgets.append(WidgetState(id=_component(at).proto.id, json_value=json.dumps({"entry": entry})))
    at._run(states)
    assert not at.exception
    return at
