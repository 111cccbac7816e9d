# METADATA
# title: Schedules of AWS
# description: >-
#   Reads cron expressions with six fields, as AWS Backup, EventBridge and others write them, and says how far
#   two runs may lie apart.
# scope: package
package sekisho.cron

minutes_per_day := 24 * 60

days_per_week := 7

# No month is longer.
days_per_month := 31

month_names := {
	"JAN": "1", "FEB": "2", "MAR": "3", "APR": "4", "MAY": "5", "JUN": "6",
	"JUL": "7", "AUG": "8", "SEP": "9", "OCT": "10", "NOV": "11", "DEC": "12",
}

day_names := {"SUN": "1", "MON": "2", "TUE": "3", "WED": "4", "THU": "5", "FRI": "6", "SAT": "7"}

# The longest time between two runs of "cron(minutes hours day-of-month month day-of-week year)", in minutes.
# Where months differ in length it is rather too long than too short. Undefined for what cannot be read, and
# for a schedule that is limited to years: that one ends.
longest_interval(expression) := max(within_a_day | {over_night}) if {
	regex.match(`^cron\(.*\)$`, expression)
	fields := regex.split(`\s+`, trim_space(substring(expression, 5, count(expression) - 6)))
	count(fields) == 6
	fields[5] in {"*", "?"}
	moments := sort({moment |
		some hour in numbers_of(fields[1], 0, 23)
		some minute in numbers_of(fields[0], 0, 59)
		moment := (hour * 60) + minute
	})
	within_a_day := gaps(moments)
	days := longest_days(fields[2], numbers_of(months(fields[3]), 1, 12), weekdays(fields[4]))
	over_night := ((days * minutes_per_day) + moments[0]) - moments[count(moments) - 1]
}

months(text) := strings.replace_n(month_names, upper(text))

weekdays(text) := strings.replace_n(day_names, upper(text))

# Days from one day with runs to the next, at most.
longest_days(day, month, weekday) := longest_of_month(day) if {
	unrestricted(weekday, 7)
	count(month) == 12
} else := longest_cycle(numbers_of(weekday, 1, 7), days_per_week) if {
	unrestricted(day, days_per_month)
	count(month) == 12

	# Sekisho does not go on to the next else for a value that is undefined.
	numbers_of(weekday, 1, 7)
} else := 5 * days_per_week if {
	# The second Monday, the last Friday. There is not always a fifth.
	unrestricted(day, days_per_month)
	count(month) == 12
	regex.match(`^[1-7](#[1-4]|L)$`, weekday)
} else := longest_cycle(month, 12) * days_per_month if {
	unrestricted(weekday, 7)
	day_of_month(day)
} else := (longest_cycle(month, 12) + 1) * days_per_month if {
	unrestricted(day, days_per_month)
	numbers_of(weekday, 1, 7)
}

# In months of any length. A day that some months lack leaves them out altogether where it is the first one.
longest_of_month(day) := max({days |
	some length in [28, 29, 30, days_per_month]
	there := {number | some number in numbers_of(day, 1, days_per_month); number <= length}
	days := longest_cycle(there, length)
}) if {
	min(numbers_of(day, 1, days_per_month)) <= 28
} else := 2 * days_per_month if {
	numbers_of(day, 1, days_per_month)
} else := days_per_month + 2 if {
	# The last day, the last weekday, the weekday nearest to a day.
	regex.match(`^(L|LW|[0-9]+W)$`, upper(day))
}

# In how many months it falls does not matter here, so the 31st is as good as any.
day_of_month(day) if numbers_of(day, 1, 28)

day_of_month(day) if upper(day) == "L"

# The whole range, however it is written.
unrestricted(text, last) if count(numbers_of(text, 1, last)) == last

longest_cycle(steps, length) := max(gaps(sorted) | {(sorted[0] + length) - sorted[count(sorted) - 1]}) if {
	sorted := sort(steps)
}

gaps(sorted) := {gap |
	some i, value in sorted
	i + 1 < count(sorted)
	gap := sorted[i + 1] - value
}

# The numbers that one field names: "*", "?", "5", "1-5", "*/2", "5/12", "1-5/2", and lists of these. Undefined
# where a part is none of them, or names a number out of range.
numbers_of(text, first, last) := union({found | some found in named}) if {
	named := [found | some part in split(text, ","); found := numbers_of_part(part, first, last)]
	count(named) == count(split(text, ","))
}

numbers_of_part(part, first, last) := found if {
	regex.match(`^([*?]|[0-9]+(-[0-9]+)?)(/[0-9]+)?$`, part)
	pieces := split(part, "/")
	lowest := lower_end(pieces[0], first)
	highest := upper_end(pieces, last)
	stride := step(pieces)
	lowest >= first
	highest <= last
	stride > 0
	found := {number |
		some number in numbers.range(0, 59)
		number >= lowest
		number <= highest
		offset := number - lowest
		offset % stride == 0
	}
	count(found) > 0
}

lower_end(span, first) := first if {
	span in {"*", "?"}
} else := number_in(split(span, "-")[0])

upper_end(pieces, last) := last if {
	pieces[0] in {"*", "?"}
} else := number_in(split(pieces[0], "-")[1]) if {
	contains(pieces[0], "-")
} else := last if {
	count(pieces) == 2
} else := number_in(pieces[0])

step(pieces) := number_in(pieces[1]) if {
	count(pieces) == 2
} else := 1

# With leading zeros, which are no JSON.
number_in(text) := to_number(trim_left(text, "0")) if {
	trim_left(text, "0") != ""
} else := 0
