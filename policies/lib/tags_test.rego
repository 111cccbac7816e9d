package sekisho.tags_test

import data.sekisho.tags

given := {"DataClass": "phi", "担当": "医事課", "Empty": "", "Formula": "a=b"}

test_key_alone if tags.matches(given, "DataClass")

test_key_with_value if tags.matches(given, "DataClass=phi")

test_other_value if not tags.matches(given, "DataClass=public")

test_other_key if not tags.matches(given, "Owner")

test_case_counts if {
	not tags.matches(given, "dataclass")
	not tags.matches(given, "DataClass=PHI")
}

test_part_of_a_value_is_not_enough if not tags.matches(given, "DataClass=ph")

test_japanese if {
	tags.matches(given, "担当")
	tags.matches(given, "担当=医事課")
	not tags.matches(given, "担当=薬剤部")
}

test_empty_value if {
	tags.matches(given, "Empty")
	tags.matches(given, "Empty=")
	not tags.matches(given, "DataClass=")
}

test_value_with_equals_sign if tags.matches(given, "Formula=a=b")

test_empty_selector_chooses_nothing if {
	not tags.matches(given, "")
	not tags.matches({}, "")
	not tags.matches(given, "=phi")
}

# A key with "=" in it cannot be named, rather than be taken for another one.
test_key_with_equals_sign_is_never_chosen if {
	not tags.matches({"a=b": "c"}, "a=b")
	not tags.matches({"a=b": "c"}, "a=b=c")
	not tags.matches({"": "phi"}, "=phi")
}

test_no_tags if {
	every value in [{}, null, []] {
		not tags.matches(value, "DataClass")
	}
}
