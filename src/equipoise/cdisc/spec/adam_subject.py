"""ADaM: the subject-level data set."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["ADSL"]

V = Variable

ADSL = DatasetSpec(
    "ADSL",
    "Subject-Level Analysis Dataset",
    "one row per subject, screen failures included",
    ("STUDYID", "USUBJID"),
    (
        V("STUDYID", "Study Identifier", core="required", origin="DM.STUDYID"),
        V("USUBJID", "Unique Subject Identifier", core="required", origin="DM.USUBJID"),
        V("SUBJID", "Subject Identifier for the Study", core="required", origin="DM.SUBJID"),
        V("SITEID", "Study Site Identifier", core="required", origin="DM.SITEID"),
        V("COHORT", "Cohort", origin="Cohort of the protocol whose members expression holds"),
        V(
            "ARMID",
            "Assigned Arm Identifier",
            core="required",
            origin="Arm of the protocol that DM.ARMCD or DM.ARM means",
        ),
        V("AARMID", "Received Arm Identifier", core="required", origin="Arm of the treatment actually taken first"),
        V("TRT01P", "Planned Treatment for Period 01", core="required", origin="Label of ARMID"),
        V("TRT01A", "Actual Treatment for Period 01", core="required", origin="Label of AARMID"),
        V("TRT01PN", "Planned Treatment for Period 01 (N)", "integer", origin="Place of ARMID in the protocol, from 1"),
        V("TRT01AN", "Actual Treatment for Period 01 (N)", "integer", origin="Place of AARMID in the protocol, from 1"),
        V(
            "RANDFL",
            "Randomized Flag",
            core="required",
            codelist="NY",
            origin="Y where the subject has an assigned arm",
        ),
        V("RANDDT", "Date of Randomization", "date", origin="As the protocol maps it; never imputed"),
        V("RFICDT", "Date of Informed Consent", "date", origin="As the protocol maps it, DM.RFICDTC unless given"),
        V("TRTSDT", "Date of First Exposure to Treatment", "date", origin="Earliest dose before crossover"),
        V(
            "TRTEDT",
            "Date of Last Exposure to Treatment",
            "date",
            origin="Latest dose before crossover, to the cut-off",
        ),
        V("TR02SDT", "Date of First Exposure in Period 02", "date", origin="First dose after crossover"),
        V("TR02EDT", "Date of Last Exposure in Period 02", "date", origin="Last dose after crossover, to the cut-off"),
        V("CROSSFL", "Crossover Flag", codelist="NY", origin="Y where a crossover dose is recorded"),
        V("DTHFL", "Subject Death Flag", codelist="NY", origin="Y where a death to the cut-off is recorded"),
        V(
            "DTHDT",
            "Date of Death",
            "date",
            origin="First source of the protocol that holds one; partial dates imputed",
        ),
        V("DTHDTF", "Date of Death Imputation Flag", codelist="DATEFL", origin="Part of DTHDT that was imputed"),
        V("DTHCAUS", "Cause of Death", origin="Term of the source of the death date"),
        V("LSTALVDT", "Date Last Known Alive", "date", origin="Latest date that proves life, not after the cut-off"),
        V("EOTSTT", "End of Treatment Status", codelist="EOSSTT", origin="Disposition of the treatment"),
        V("EOTDT", "End of Treatment Date", "date", origin="Date of that disposition"),
        V("DCTREAS", "Reason for Discontinuation of Treatment", origin="Term of that disposition"),
        V("EOSSTT", "End of Study Status", codelist="EOSSTT", origin="Disposition of the study"),
        V("EOSDT", "End of Study Date", "date", origin="Date of that disposition"),
        V("DCSREAS", "Reason for Discontinuation from Study", origin="Term of that disposition"),
        V("SCRFREAS", "Reason Not Randomized", origin="Disposition of subjects who were not randomized"),
        V("STRATwR", "Strat Factor w Value Used for Rand", origin="Level at randomization, as frozen"),
        V("STRATwV", "Strat Factor w Value from Verif Source", origin="Level recomputed from the baseline fields"),
        V("STRATAR", "Strata Used for Randomization", origin="STRATwR of all factors combined"),
        V("STRATAV", "Strata from Verification Source", origin="STRATwV of all factors combined"),
        V("AGE", "Age", "number", origin="DM.AGE"),
        V("SEX", "Sex", origin="DM.SEX"),
        V("RACE", "Race", origin="DM.RACE"),
        V("ITTFL", "Intent-To-Treat Population Flag", codelist="NY", origin="Population itt of the protocol"),
        V("ITTRSN", "Reason Out of Intent-To-Treat Pop", origin="Condition of the population that does not hold"),
        V("SAFFL", "Safety Population Flag", codelist="NY", origin="Population safety of the protocol"),
        V("SAFRSN", "Reason Out of Safety Population", origin="Condition of the population that does not hold"),
    ),
)
