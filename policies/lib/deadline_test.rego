package sekisho.deadline_test

import data.sekisho.deadline

test_days_left if {
	deadline.days_left("2026-11-23T01:00:00.000Z", "2027-03-31") == 128
	deadline.days_left("2026-11-23T01:00:00.000Z", "2026-11-23") == 0
	deadline.days_left("2026-11-23T01:00:00.000Z", "2026-11-20") == -3
}

test_day_begins_at_midnight_in_japan if {
	deadline.days_left("2026-11-22T14:59:59.999Z", "2026-11-23") == 1
	deadline.days_left("2026-11-22T15:00:00.000Z", "2026-11-23") == 0
}

test_without_deadline if not deadline.days_left("2026-11-23T01:00:00.000Z", "")

test_note if {
	deadline.note("2026-11-23T01:00:00.000Z", "2026-11-25") == [" (due by 2026-11-25, 2 days left)", "(期限: 2026-11-25、残り2日)"]
	deadline.note("2026-11-23T01:00:00.000Z", "2026-11-23")[0] == " (due by 2026-11-23, 0 days left)"
	deadline.note("2026-11-23T01:00:00.000Z", "2026-11-22") == ["", ""]
	deadline.note("2026-11-23T01:00:00.000Z", "") == ["", ""]
}
