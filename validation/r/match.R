# Question `match.qap`: correlation of joint events and log cases, jackknifed over events, ranked among relabellings within region.

source("validation/r/common.R")
DRAWS <- 9999

events <- panel("cooperation_events")
events <- events[substr(events$date_start, 1, 7) <= "2024-04", ]
routes <- panel("routes_year")
routes <- routes[routes$ends == "two countries", ]
roster <- sort(intersect(unique(events$iso3), union(routes$departure, routes$destination)))
took_part <- table(events$event, factor(events$iso3, roster)) > 0
took_part <- took_part[rowSums(took_part) > 1, ]
upper <- upper.tri(diag(length(roster)))
ties <- apply(took_part, 1, function(e) outer(e, e)[upper])
cases <- xtabs(cases ~ factor(departure, roster) + factor(destination, roster), routes)
traffic <- log1p(unclass(cases) + t(unclass(cases)))
answer("match.qap", "n_obs", sum(upper))
answer("match.qap", "n_units", nrow(took_part))

joint <- rowSums(ties)
without <- cbind(joint, joint - ties)
ratio <- function(other) {
  r <- drop(cor(without, other))
  left <- r[-1]
  m <- length(left)
  c(r[1], sqrt((m - 1) / m * sum((left - mean(left))^2)))
}
found <- ratio(traffic[upper])
answer("match.qap", "estimate", found[1])
answer("match.qap", "std_error", found[2])
known <- panel("countries")
region <- known$region[match(roster, known$iso3)]
orders <- within_strata(region, DRAWS)
t_of <- apply(orders, 1, function(o) { f <- ratio(traffic[o, o][upper]); f[1] / f[2] })
p <- rank_p(t_of)
answer("match.qap", "p_value", p, error_of(p, DRAWS))
