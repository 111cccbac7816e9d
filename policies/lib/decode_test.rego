package sekisho.decode_test

import data.sekisho.decode

statement := {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

policy := {"Version": "2012-10-17", "Statement": [statement]}

test_object_stays if decode.document(policy) == policy

test_array_stays if decode.document([policy]) == [policy]

test_empty_object_stays if decode.document({}) == {}

test_json_text_is_decoded if decode.document(json.marshal(policy)) == policy

test_json_array_text_is_decoded if decode.document("[1, 2]") == [1, 2]

test_json_text_may_have_space_around if decode.document(" {\"a\": 1}\n") == {"a": 1}

test_plain_is_the_text_without_its_url_encoding if {
	text := json.marshal(policy)
	decode.plain(urlquery.encode(text)) == text
	decode.plain(text) == text
	decode.document(decode.plain(urlquery.encode(text))) == policy
}

test_plain_leaves_what_is_no_text if {
	every value in [policy, [policy], null, 1, "%7", "100%"] {
		decode.plain(value) == value
	}
}

test_one_level_only if decode.document(`{"a": "{\"b\": 1}"}`) == {"a": `{"b": 1}`}

test_url_encoded_json_is_decoded if decode.document(urlquery.encode(json.marshal(policy))) == policy

# As IAM encodes: RFC 3986, every reserved character escaped, a space as %20.
test_iam_encoding_is_decoded if {
	text := "%7B%22Version%22%3A%20%222012-10-17%22%2C%20%22Statement%22%3A%5B%5D%7D"
	decode.document(text) == {"Version": "2012-10-17", "Statement": []}
}

test_escaped_plus_survives if decode.document("%7B%22a%22%3A%22b%2Bc%22%7D") == {"a": "b+c"}

test_separators_survive if decode.document("%7B%22a%22%3A%22b&c=d%26e==f%22%7D") == {"a": "b&c=d&e==f"}

test_japanese_is_decoded if decode.document("%7B%22a%22%3A%22%E6%82%A3%E8%80%85%22%7D") == {"a": "患者"}

test_percent_in_json_text_is_kept if decode.document(`{"a": "100%"}`) == {"a": "100%"}

test_null_is_null if decode.document(null) == null

test_empty_text_is_null if decode.document("") == null

test_plain_text_is_null if decode.document("no document") == null

test_broken_json_is_null if decode.document(`{"a": `) == null

test_text_behind_json_is_null if decode.document(`{"a": 1} b`) == null

test_broken_escape_is_null if decode.document("%7B%22a%22%3A1%7") == null

test_percent_without_number_is_null if decode.document("100%") == null

test_bytes_that_are_no_text_are_null if decode.document("%ff%fe") == null

test_json_scalars_are_null if {
	every text in ["null", "1", "true", "\"a\"", "%22a%22"] {
		decode.document(text) == null
	}
}

test_scalars_are_null if {
	every value in [1, 0.5, true, false] {
		decode.document(value) == null
	}
}

test_list_of_array if decode.list([1, 2]) == [1, 2]

test_list_of_set if decode.list({1, 2}) == {1, 2}

test_list_of_null if decode.list(null) == []

test_list_of_text if decode.list("s3:*") == ["s3:*"]

test_list_of_object if decode.list({"a": 1}) == [{"a": 1}]

test_list_of_false if decode.list(false) == [false]

test_statements_of_document if decode.statements(policy) == [statement]

test_statements_of_text if decode.statements(json.marshal(policy)) == [statement]

test_statements_of_url_encoded_text if {
	decode.statements(urlquery.encode(json.marshal(policy))) == [statement]
}

test_single_statement_becomes_a_list if decode.statements({"Statement": statement}) == [statement]

test_statements_of_wrapped_document if decode.statements([policy]) == [statement]

test_statements_keep_their_order if {
	second := object.union(statement, {"Effect": "Deny"})
	decode.statements({"Statement": [statement, second]}) == [statement, second]
	decode.statements({"Statement": [second, statement]}) == [second, statement]
}

test_no_statements if {
	every value in [null, "", {}, {"Statement": null}, {"Statement": []}, [], "[1]", 7] {
		decode.statements(value) == []
	}
}
