"""ADaM: sums and responses of every reader, and what the readers of a patient concluded."""

from equipoise.cdisc.spec.model import DatasetSpec, Variable

__all__ = ["ADREVIEW", "ADTR"]

V = Variable
_READING = (
    V("STUDYID", "Study Identifier", core="required", origin="ADSL.STUDYID"),
    V("USUBJID", "Unique Subject Identifier", core="required", origin="ADSL.USUBJID"),
    V("ASSESSOR", "Assessor", core="required", codelist="ASSESSOR", origin="central or local, by TREVAL or RSEVAL"),
    V("READER", "Reader", origin="1, 2, ... in order of TREVALID or RSEVALID; adjudicator; missing for local"),
    V("ACCPTFL", "Accepted Reading Flag", codelist="Y", origin="Y on the reading that counts for its assessor"),
)

ADTR = DatasetSpec(
    "ADTR",
    "Tumor Measurement Analysis Dataset",
    "one row per subject, assessor, reader, parameter and assessment",
    ("STUDYID", "USUBJID", "ASSESSOR", "READER", "PARAMCD", "ADT"),
    (
        *_READING,
        V(
            "PARAMCD",
            "Parameter Code",
            core="required",
            origin="SUMDIAM sum of diameters; TRGRESP, NTRGRESP, NEWLRESP, OVRLRESP responses",
        ),
        V("PARAM", "Parameter", core="required", origin="PARAMCD in words"),
        V("ADT", "Analysis Date", "date", "required", origin="Day of the assessment by review.response_date"),
        V("ADTF", "Analysis Date Imputation Flag", codelist="DATEFL", origin="D or M where a scan lacks a full date"),
        V("ADY", "Analysis Relative Day", "integer", origin="ADT - RANDDT, plus 1 from randomization on"),
        V("AVISIT", "Analysis Visit", origin="TR.VISIT or RS.VISIT"),
        V(
            "AVISITN",
            "Analysis Visit (N)",
            "integer",
            origin="0 baseline, else the scheduled assessment whose half-way window holds ADT",
        ),
        V("AVAL", "Analysis Value", "number", origin="Sum of diameters in mm; missing where a target was not measured"),
        V("AVALC", "Analysis Value (C)", origin="Response; Y, EQUIVOCAL or N for new lesions"),
        V("BASE", "Baseline Value", "number", origin="Sum of diameters at baseline in mm"),
        V("CHG", "Change from Baseline", "number", origin="AVAL - BASE"),
        V("PCHG", "Percent Change from Baseline", "number", origin="100 x CHG / BASE"),
        V("NADIR", "Smallest Sum Before the Assessment", "number", origin="Smallest complete sum before, with BASE"),
        V("PCHGNAD", "Percent Change from Nadir", "number", origin="100 x (AVAL - NADIR) / NADIR"),
        V("ABLFL", "Baseline Record Flag", codelist="Y", origin="Y on the sum at baseline"),
        V(
            "ANL01FL",
            "Analysis Flag 01",
            codelist="Y",
            origin="Y until progression, new anticancer therapy and crossover: counts for the best response",
        ),
        V("RECORDED", "Response as Recorded", origin="RS.RSSTRESC of the reader at the assessment"),
        V("SRCDOM", "Source Data", origin="TR where recomputed from lesions, RS where taken as recorded"),
        V("SRCSEQ", "Source Sequence Number", "integer", origin="First row of the assessment in SRCDOM"),
    ),
)

ADREVIEW = DatasetSpec(
    "ADREVIEW",
    "Tumor Review Analysis Dataset",
    "one row per subject, assessor, reader and parameter",
    ("STUDYID", "USUBJID", "ASSESSOR", "READER", "PARAMCD"),
    (
        *_READING,
        V(
            "PARAMCD",
            "Parameter Code",
            core="required",
            origin="PD, BOR, CBOR, LASTREAD, NREADS of each reader; ADJUD, ENDORSED, TURNARND of the central review",
        ),
        V("PARAM", "Parameter", core="required", origin="PARAMCD in words"),
        V("AVALC", "Analysis Value (C)", origin="Y or N; best response; number of the reader endorsed"),
        V("AVAL", "Analysis Value", "number", origin="Working days of TURNARND; readings of NREADS"),
        V("STARTDT", "Date the Review Was Requested", "date", origin="Start of TURNARND"),
        V("ADT", "Analysis Date", "date", origin="Progression, response, last evaluable scan, or lock of the result"),
        V("ADY", "Analysis Relative Day", "integer", origin="ADT - RANDDT, plus 1 from randomization on"),
        V("ADJREAS", "Reason for Adjudication", origin="What differs between the readers, in words of the protocol"),
        V("RECORDED", "Value as Recorded", origin="Whether the adjudicator read (ADJUD); response recorded in RS"),
    ),
)
