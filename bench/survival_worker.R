# R survival for bench/survival.py: reads tasks from standard input, answers with processor seconds.
suppressPackageStartupMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
n <- file.size(file.path(folder, "days.bin")) / 8
get <- function(name, k = n) readBin(file.path(folder, paste0(name, ".bin")), "double", k)
d <- data.frame(days = get("days"), exact = get("exact"), event = get("event"), arm = get("arm"), stratum = get("stratum"))
d$x <- matrix(get("x", 10 * n), n, 10)
few <- d[1:171, ]; tenth <- d[seq_len(n / 10), ]
x3 <- few$x[, 1:3]
tasks <- list(
  km = function() quantile(survfit(Surv(days, event) ~ 1, d, conf.type = "log-log"), .5),
  km_untied = function() quantile(survfit(Surv(exact, event) ~ 1, d, conf.type = "log-log"), .5),
  logrank = function() survdiff(Surv(days, event) ~ arm + strata(stratum), d),
  cox = function() coxph(Surv(days, event) ~ x + strata(stratum), d),
  cox_untied = function() coxph(Surv(exact, event) ~ x + strata(stratum), tenth),
  cox_untied_full = function() coxph(Surv(exact, event) ~ x + strata(stratum), d),
  small = function() for (i in 1:20) {
    quantile(survfit(Surv(days, event) ~ 1, few, conf.type = "log-log"), .5)
    survdiff(Surv(days, event) ~ arm + strata(stratum), few)
    coxph(Surv(days, event) ~ x3, few)
  })
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  answer <- ""
  if (line == "version") answer <- as.character(packageVersion("survival"))
  if (line %in% names(tasks)) {
    start <- proc.time()
    tasks[[line]]()
    used <- proc.time() - start
    answer <- format((used[[1]] + used[[2]]) / (if (line == "small") 20 else 1), digits = 10)
  }
  cat(answer, "\n", sep = "")
  flush(stdout())
}
