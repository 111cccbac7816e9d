package sekisho.regional_test

import data.sekisho.regional

answers := [
	{"region": "ap-northeast-1", "result": {"DetectorIds": ["a"]}},
	{"region": "ap-northeast-3", "result": {"DetectorIds": []}},
	{"region": "us-west-1", "error": {"code": "AccessDeniedException", "message": "not authorized"}},
	{"region": "us-west-2", "result": null},
]

test_results_by_region if {
	regional.results(answers) == {"ap-northeast-1": {"DetectorIds": ["a"]}, "ap-northeast-3": {"DetectorIds": []}}
}

test_refused if regional.refused(answers) == {"us-west-1", "us-west-2"}

test_asked if regional.asked(answers) == {"ap-northeast-1", "ap-northeast-3", "us-west-1", "us-west-2"}

test_no_answers if {
	every value in [null, []] {
		regional.results(value) == {}
		regional.refused(value) == set()
		regional.asked(value) == set()
	}
}
