package sekisho.cron_test

import data.sekisho.cron

interval(fields) := cron.longest_interval(sprintf("cron(%s)", [fields]))

hour := 60

day := 24 * hour

test_hourly if interval("0 * ? * * *") == hour

test_every_twenty_minutes if interval("*/20 * ? * * *") == 20

# 5, 17 and again 5.
test_twice_a_day if interval("0 5/12 ? * * *") == 12 * hour

# 5 to 23 and again 5: the night is the longest.
test_hours_from_five_leave_the_night_out if interval("0 5/1 ? * * *") == 6 * hour

test_office_hours if interval("30 9-17 ? * * *") == 16 * hour

test_list_of_hours if interval("0 1,9,21 * * ? *") == 12 * hour

test_daily_however_written if {
	every fields in [
		"0 5 ? * * *", "0 5 * * ? *", "0 5 1-31 * ? *", "00 05 */1 * ? *", "0 5 ? JAN-DEC SUN-SAT *",
		"0 5 ? * 1-7 *", "0 5 ? 1/1 * ?",
	] {
		interval(fields) == day
	}
}

test_weekly if interval("0 5 ? * SUN *") == 7 * day

test_weekdays_leave_the_weekend_out if {
	interval("0 5 ? * MON-FRI *") == 3 * day
	interval("0 5 ? * mon-fri *") == 3 * day
	interval("0 5 ? * 2-6 *") == 3 * day
}

test_weekdays_with_two_runs if interval("0 6,18 ? * MON-FRI *") == (3 * day) - (12 * hour)

test_two_days_a_week if interval("0 5 ? * TUE,SAT *") == 4 * day

test_second_monday_and_last_friday if {
	interval("0 5 ? * 2#2 *") == 35 * day
	interval("0 5 ? * 6L *") == 35 * day
	interval("0 5 ? * MON#1 *") == 35 * day
}

test_monthly if {
	interval("0 5 1 * ? *") == 31 * day
	interval("0 5 28 * ? *") == 31 * day
	interval("0 5 1,15 * ? *") == 17 * day
}

test_days_that_some_months_lack if {
	interval("0 5 29 * ? *") == 62 * day
	interval("0 5 31 * ? *") == 62 * day
	interval("0 5 1,31 * ? *") == 30 * day
	interval("0 5 28,31 * ? *") == 30 * day
}

test_last_day_and_nearest_weekday if {
	interval("0 5 L * ? *") == 33 * day
	interval("0 5 LW * ? *") == 33 * day
	interval("0 5 15W * ? *") == 33 * day
}

test_every_second_and_third_day if {
	interval("0 5 */2 * ? *") == 2 * day
	interval("0 5 */3 * ? *") == 3 * day
	interval("0 5 1,2,27 * ? *") == 25 * day
}

test_quarterly if {
	interval("0 5 1 1,4,7,10 ? *") == 93 * day
	interval("0 5 1 JAN,APR,JUL,OCT ? *") == 93 * day
	interval("0 5 L 3,6,9,12 ? *") == 93 * day
}

test_yearly if interval("0 5 1 4 ? *") == 372 * day

test_weekly_in_some_months if interval("0 5 ? 1,7 MON *") == 217 * day

test_years_end if {
	not interval("0 5 * * ? 2026")
	not interval("0 5 * * ? 2026-2030")
}

test_unreadable if {
	every fields in [
		"", "0 5 * * ?", "0 5 * * ? * *", "0 24 * * ? *", "60 5 * * ? *", "0 five * * ? *", "0 5/0 * * ? *",
		"0 22-4 * * ? *", "0 5 1 * MON *", "0 5 32 * ? *", "0 5 0 * ? *", "0 5 ? 13 * *", "0 5 ? * 8 *",
		"0 5, * * ? *", "0 5 ? * 2#5 *", "-1 5 * * ? *", "0 5 31 2 ? *",
	] {
		not interval(fields)
	}
}

test_other_expressions if {
	every expression in ["rate(1 day)", "0 5 * * ? *", "cron", "", "cron(0 5 * * ? *", "at(2026-11-23T01:00:00)"] {
		not cron.longest_interval(expression)
	}
}
