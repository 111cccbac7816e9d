# METADATA
# title: Days until a deadline, in Japan
# description: >-
#   What a guideline asks for from a day on is better known before. A policy adds the days that are left to its
#   messages.
# scope: package
package sekisho.deadline

ns_per_day := 86400000000000

ns_japan := 9 * 3600000000000

# The number of a day in Japan.
day_of(moment) := floor((moment + ns_japan) / ns_per_day)

# Days until `date` (2027-03-31), the last one; 0 on the day itself, negative afterwards. Undefined for "".
days_left(now, date) := day_of(last) - day_of(time.parse_rfc3339_ns(now)) if {
	date != ""
	last := time.parse_rfc3339_ns(sprintf("%sT00:00:00+09:00", [date]))
}

# What a message ends with, in English and Japanese; nothing without a deadline and when it has passed.
note(now, date) := [
	sprintf(" (due by %s, %d days left)", [date, days]),
	sprintf("(期限: %s、残り%d日)", [date, days]),
] if {
	days := days_left(now, date)
	days >= 0
} else := ["", ""]
