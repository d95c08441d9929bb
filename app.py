"""What ``streamlit run app.py`` starts.

The script that draws the pages is in mv/ui/, away from pages/: beside it, Streamlit would show every
file of that folder in the menu until the script has named them.
"""

import streamlit as st

app = st.App("mv/ui/dashboard.py")
