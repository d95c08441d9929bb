"""Vaccine types and their names: the groups of ATC level 4 under J07 (WHO, ATC/DDD index)."""

from __future__ import annotations

from collections.abc import Mapping

from mv.catalogue import Catalogue
from mv.errors import N_
from mv.i18n import translate

ATC_LEVEL_4_LENGTH = 5
"""Characters of an ATC code that name the vaccine type (level 4), within which doses need days between them."""

NAMES: Mapping[str, str] = {
    "J07AC": N_("Anthrax vaccine"),
    "J07AD": N_("Brucellosis vaccine"),
    "J07AE": N_("Cholera vaccine"),
    "J07AF": N_("Diphtheria vaccine"),
    "J07AG": N_("Haemophilus influenzae type b vaccine"),
    "J07AH": N_("Meningococcal vaccine"),
    "J07AJ": N_("Pertussis vaccine"),
    "J07AK": N_("Plague vaccine"),
    "J07AL": N_("Pneumococcal vaccine"),
    "J07AM": N_("Tetanus vaccine"),
    "J07AN": N_("Tuberculosis vaccine"),
    "J07AP": N_("Typhoid vaccine"),
    "J07AR": N_("Typhus vaccine"),
    "J07AX": N_("Other bacterial vaccine"),
    "J07BA": N_("Encephalitis vaccine (TBE, Japanese encephalitis)"),
    "J07BB": N_("Influenza vaccine"),
    "J07BC": N_("Hepatitis vaccine"),
    "J07BD": N_("Measles vaccine"),
    "J07BE": N_("Mumps vaccine"),
    "J07BF": N_("Polio vaccine"),
    "J07BG": N_("Rabies vaccine"),
    "J07BH": N_("Rotavirus vaccine"),
    "J07BJ": N_("Rubella vaccine"),
    "J07BK": N_("Varicella and zoster vaccine"),
    "J07BL": N_("Yellow fever vaccine"),
    "J07BM": N_("HPV vaccine"),
    "J07BN": N_("Covid-19 vaccine"),
    "J07BX": N_("Other viral vaccine"),
    "J07CA": N_("Combined bacterial and viral vaccine"),
}


def vaccine_name(atc: str | None, product_code: str | None, known: Catalogue, language: str) -> str:
    """Return the product's name, else the vaccine type of an ATC code or of its beginning."""
    if product_code:
        product = known.vaccines.get(product_code)
        return product.name if product else product_code
    code = atc or ""
    kind = NAMES.get(code[:ATC_LEVEL_4_LENGTH])
    if kind is None:
        return code
    name = translate(kind, language)
    return name if len(code) == ATC_LEVEL_4_LENGTH else f"{name} {code}"
