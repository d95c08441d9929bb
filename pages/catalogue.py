"""Katalog: units, groups, subgroups and vaccines, decided by leads; from a file, and from the program's start."""

import streamlit as st

from mv.catalogue import start
from mv.catalogue.tables import TABLES
from mv.ui.catalogue.differences import draw_file, draw_start
from mv.ui.catalogue.rows import draw_rows
from mv.ui.catalogue.state import CatalogueEditorState, open_row
from mv.ui.notices import show_notices
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _

FILE, START = "file", "start"
BY_NAME = {table.name: table for table in TABLES}


def choose_part() -> str:
    names = {table.name: _(table.title) for table in TABLES}
    names |= {FILE: _("From a file"), START: _("The start")}
    chosen: str = st.segmented_control(
        _("Part"), list(names), default=TABLES[0].name, required=True, format_func=lambda part: names[part],
        label_visibility="collapsed", key="catalogue_part", on_change=open_row, args=(None,),
    )  # fmt: skip
    return chosen


st.header(_("Catalogue"))
st.caption(_("What can be chosen. Nothing is deleted, since records name it: what is not to be used any more ends."))
part = choose_part()
show_notices()
if part != START and start.is_new(store()):
    st.info(_("The program brings groups, subgroups and vaccines that nobody has looked at yet: see The start."))
if part in BY_NAME and state(CatalogueEditorState).opened is not None:
    st.button(_("All rows"), icon=":material/arrow_back:", key="catalogue_back", on_click=open_row, args=(None,))
if part in BY_NAME:
    draw_rows(BY_NAME[part])
elif part == FILE:
    draw_file()
else:
    draw_start()
