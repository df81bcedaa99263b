# Seconds that R's mmrm and emmeans take for one file of bench/mmrm.py.
suppressMessages({library(mmrm); library(emmeans)})
data <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
seconds <- system.time({
  fit <- mmrm(y ~ base + race + arm * visit + us(visit | id), data, method = "Kenward-Roger", vcov = "Kenward-Roger-Linear")
  means <- emmeans(fit, ~ arm | visit)
  shown <- list(summary(means), confint(pairs(means, reverse = TRUE), adjust = "none"))
})[["elapsed"]]
cat(sprintf("%.3f", seconds))
