# Recomputes the figures of published.yaml from the exported analysis data, with R's survival package and nothing of equipoise.
# Usage: Rscript check.R FOLDER_WITH_ADAM_CSV [FOLDER_WITH_ADAM_CSV_AT_THE_2019_CUT]; prints name,value.
suppressMessages(library(survival))
args <- commandArgs(trailingOnly = TRUE)

read <- function(folder, name) {
  file <- list.files(folder, pattern = paste0("^", name, "(-SYNTHETIC)?\\.csv$"), full.names = TRUE, ignore.case = TRUE)
  stopifnot(length(file) == 1)
  read.csv(file, na.strings = "", colClasses = "character")
}
say <- function(name, value) cat(sprintf("%s,%.10g\n", name, value))
month <- 30.4375
arms <- c("pazopanib", "placebo")

adsl <- read(args[1], "adsl")
adtte <- read(args[1], "adtte")
itt <- adsl[adsl$RANDFL %in% "Y", ]
n <- nrow(itt)
for (arm in arms) {
  say(paste0("randomized_", arm), sum(itt$ARMID == arm))
  say(paste0("safety_", arm), sum(itt$SAFFL %in% "Y" & itt$AARMID %in% arm))
}
say("crossed_over", sum(itt$ARMID == "placebo" & itt$CROSSFL %in% "Y"))

percent <- function(flag) 100 * mean(flag)
column <- function(names) itt[[names[names %in% colnames(itt)][1]]]
site <- column(c("PRIMSITE", "PRIMARYS"))
say("midgut", percent(site %in% c("small_bowel", "other_midgut")))
say("small_bowel", percent(site %in% "small_bowel"))
say("prior_ssa", percent(column("PRIORSSA") %in% "Y"))
say("functional", percent(column("FUNCTION") %in% "Y"))
say("concurrent_ssa", percent(column("CONCURRE") %in% "Y"))
say("female", percent(itt$SEX %in% c("female", "F")))
say("age", median(as.numeric(itt$AGE)))

times <- function(endpoint) {
  rows <- adtte[adtte$ENDPT == endpoint & adtte$PRIMFL %in% "Y", ]
  rows <- merge(rows[, c("USUBJID", "AVAL", "CNSR")], itt[, c("USUBJID", "ARMID", "STRATAR")], by = "USUBJID")
  data.frame(t = as.numeric(rows$AVAL), e = as.integer(rows$CNSR == "0"), arm = rows$ARMID, stratum = rows$STRATAR)
}
median_of <- function(rows) {
  q <- quantile(survfit(Surv(t, e) ~ 1, rows, conf.type = "log-log"), 0.5)
  c(q$quantile, q$lower, q$upper) / month
}
at <- function(rows, day) 100 * summary(survfit(Surv(t, e) ~ 1, rows), times = day, extend = TRUE)$surv
ratio <- function(rows) {
  fit <- summary(coxph(Surv(t, e) ~ I(arm == "pazopanib") + strata(stratum), rows, ties = "efron"))
  fit$conf.int[c(1, 3, 4)]
}
one_sided <- function(rows) {
  test <- survdiff(Surv(t, e) ~ arm + strata(stratum), rows)
  first <- if (is.matrix(test$obs)) rowSums(test$obs)[1] - rowSums(test$exp)[1] else test$obs[1] - test$exp[1]
  pnorm(sign(first) * sqrt(test$chisq))
}

pfs <- times("pfs_central")
os <- times("os")
for (arm in arms) {
  m <- median_of(pfs[pfs$arm == arm, ])
  say(paste0("pfs_", arm, "_median"), m[1])
  say(paste0("pfs_", arm, "_low"), m[2])
  say(paste0("pfs_", arm, "_high"), m[3])
  say(paste0("pfs_", arm, "_12"), at(pfs[pfs$arm == arm, ], 365.25))
  say(paste0("os_", arm, "_12"), at(os[os$arm == arm, ], 365.25))
  say(paste0("os_", arm, "_24"), at(os[os$arm == arm, ], 730.5))
}
hr <- ratio(pfs)
say("pfs_ratio", hr[1]); say("pfs_ratio_low", hr[2]); say("pfs_ratio_high", hr[3])
say("pfs_p", one_sided(pfs))
hr <- ratio(os)
say("os_ratio", hr[1]); say("os_ratio_low", hr[2]); say("os_ratio_high", hr[3])
say("os_p", 1 - one_sided(os))
hr <- ratio(times("pfs_local"))
say("pfs_local", hr[1])
reverse <- os
reverse$e <- 1L - reverse$e
m <- median_of(reverse)
say("follow_up", m[1]); say("follow_up_low", m[2]); say("follow_up_high", m[3])

# scans read by site and by central review, up to crossover: progression counts, else the last reading of the window
adtr <- read(args[1], "adtr")
adtr <- adtr[adtr$PARAMCD == "OVRLRESP" & adtr$ACCPTFL %in% "Y" & as.numeric(adtr$AVISITN) > 0 & !is.na(adtr$AVALC), ]
adtr <- merge(adtr, itt[, c("USUBJID", "TR02SDT")], by = "USUBJID")
adtr <- adtr[is.na(adtr$TR02SDT) | adtr$ADT < adtr$TR02SDT, ]
adtr <- adtr[order(adtr$USUBJID, adtr$AVISITN, adtr$AVALC == "PD", adtr$ADT), ]
last <- !duplicated(adtr[, c("USUBJID", "AVISITN", "ASSESSOR")], fromLast = TRUE)
both <- merge(adtr[last & adtr$ASSESSOR == "local", ], adtr[last & adtr$ASSESSOR == "central", ], by = c("USUBJID", "AVISITN"))
say("scans_read", nrow(both))
patients <- length(unique(both$USUBJID))
both <- both[both$AVALC.x != "NE" & both$AVALC.y != "NE", ]
differs <- both$AVALC.x != both$AVALC.y
only <- list(central = both$AVALC.y == "PD" & both$AVALC.x != "PD", local = both$AVALC.x == "PD" & both$AVALC.y != "PD")
say("discordant_local_stable", 100 * sum(both$AVALC.x == "SD" & both$AVALC.y == "PD") / sum(differs))
say("discordant_local_progression", 100 * sum(both$AVALC.x == "PD" & both$AVALC.y == "SD") / sum(differs))
say("patients_differ", 100 * length(unique(both$USUBJID[differs])) / patients)
for (name in names(only)) say(paste0("patients_", name, "_only"), 100 * length(unique(both$USUBJID[only[[name]]])) / patients)
words <- union(both$AVALC.x, both$AVALC.y)
table2 <- table(factor(both$AVALC.x, words), factor(both$AVALC.y, words)) / nrow(both)
agree <- sum(diag(table2))
chance <- sum(rowSums(table2) * colSums(table2))
say("scans_discordant", 100 * (1 - agree))
say("scan_kappa", (agree - chance) / (1 - chance))

events <- function(folder) {
  people <- read(folder, "adsl")
  rows <- read(folder, "adae")
  rows <- rows[rows$TRTEMFL %in% "Y" & rows$APERIOD %in% "1", ]
  rows$ARM <- people$AARMID[match(rows$USUBJID, people$USUBJID)]
  rows[people$SAFFL[match(rows$USUBJID, people$USUBJID)] %in% "Y", ]
}
counts <- function(name, rows) for (arm in arms) say(paste0(name, "_", arm), length(unique(rows$USUBJID[rows$ARM == arm])))
fisher <- function(name, rows) {
  total <- sapply(arms, function(arm) sum(itt$SAFFL %in% "Y" & itt$AARMID %in% arm))
  hit <- sapply(arms, function(arm) length(unique(rows$USUBJID[rows$ARM == arm])))
  say(name, fisher.test(cbind(hit, total - hit))$p.value)
}
adae <- events(args[1])
grade <- as.numeric(adae$AGRADEN)
severe <- adae[grade >= 3, ]
sets <- list(grade3 = severe, grade5 = adae[grade == 5, ], hypertension = severe[severe$AEDECOD == "Hypertension", ],
             hepatic = severe[severe$AEDECOD == "Hepatic enzyme increased", ])
for (name in names(sets)) {
  counts(name, sets[[name]])
  fisher(paste0(name, "_p"), sets[[name]])
}
if (length(args) > 1) {
  early <- events(args[2])
  early <- early[as.numeric(early$AGRADEN) >= 3 & early$RELFL %in% "Y", ]
  counts("related", early)
  counts("related_hypertension", early[early$AEDECOD == "Hypertension", ])
}
