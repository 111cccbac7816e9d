package sekisho.wildcard_test

import data.sekisho.wildcard

test_literal if {
	wildcard.matches("arn:aws:s3:::karte", "arn:aws:s3:::karte")
	not wildcard.matches("arn:aws:s3:::karte", "arn:aws:s3:::karte-copy")
	not wildcard.matches("karte", "arn:aws:s3:::karte")
}

test_star if {
	wildcard.matches("*", "")
	wildcard.matches("*", "iam:PassRole")
	wildcard.matches("iam:*", "iam:PassRole")
	wildcard.matches("iam:Pass*le", "iam:PassRole")
	wildcard.matches("*:*", "iam:PassRole")
	not wildcard.matches("iam:*", "s3:GetObject")
}

test_star_spans_lines if wildcard.matches("a*c", "a\nc")

test_question_mark_is_one_character if {
	wildcard.matches("s3:Get?bject", "s3:GetObject")
	not wildcard.matches("s3:GetObject?", "s3:GetObject")
}

test_other_characters_stand_for_themselves if {
	every character in [".", "+", "(", ")", "[", "]", "{", "}", "^", "$", "|", `\`] {
		wildcard.matches(character, character)
		not wildcard.matches(character, "x")
		not wildcard.matches(sprintf("a%s", [character]), "a")
	}
}

test_no_text if {
	every value in [null, 1, ["*"], {}] {
		not wildcard.matches("*", value)
		not wildcard.matches(value, "a")
	}
}
