"""Batchnummer: the batches with their states, received by hand or by scanning, changed and stopped."""

import streamlit as st

from mv.batches import changes
from mv.ui import session
from mv.ui.batches.detail import draw_batch
from mv.ui.batches.file import draw_file
from mv.ui.batches.overview import draw_list, draw_search
from mv.ui.batches.receive import draw_receive
from mv.ui.batches.state import BatchesState, open_batch
from mv.ui.notices import show_notices
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, literal
from mv.ui.widgets.dose_names import product_name

st.header(_("Batch numbers"))
draw_search()
found = changes.list_batches(store(), session.actor())
batch = next((batch for batch in found if batch.key == state(BatchesState).opened), None)
if batch:
    st.button(_("All batches"), icon=":material/arrow_back:", key="batches_back", on_click=open_batch, args=(None,))
    st.subheader(literal(f"{product_name(batch.product_code)} {batch.batch_number}"), anchor=False)
    show_notices()
    draw_batch(batch)
else:
    show_notices()
    draw_list(found)
    st.subheader(_("Receive a batch"), anchor=False)
    draw_receive()
    with st.expander(_("Batches from a file")):
        draw_file()
