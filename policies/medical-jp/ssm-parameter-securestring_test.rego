package sekisho_policies.ssm_parameter_securestring_test

import data.sekisho_policies.ssm_parameter_securestring

pattern := "(?i)(passw(or)?d|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|dsn|connection[-_]?string)"

defaults := {"allowedRegions": ["ap-northeast-1"], "secretNames": pattern, "notSecret": [], "requireCmk": true, "allowedKeyIds": []}

messages(answers, changes) := {reason.msg |
	some reason in ssm_parameter_securestring.deny with input as {}
		with data.facts as {"ssm_parameters": answers}
		with data.parameters as object.union(defaults, changes)
}

tokyo(parameters) := [{"region": "ap-northeast-1", "result": {"Parameters": parameters}}]

good := {"Name": "/emr/db/password", "Type": "SecureString", "KeyId": "alias/emr"}

test_good if {
	messages(tokyo([]), {}) == set()
	messages(tokyo([good]), {}) == set()
	messages(tokyo([{"Name": "/emr/db/host", "Type": "String"}]), {}) == set()
}

test_plain if {
	messages(tokyo([{"Name": "/emr/db/password", "Type": "String"}]), {}) == {"parameter /emr/db/password (ap-northeast-1) looks secret and is a plain String"}
	messages(tokyo([{"Name": "API_KEY", "Type": "StringList"}]), {}) == {"parameter API_KEY (ap-northeast-1) looks secret and is a plain StringList"}
	messages(tokyo([{"Name": "dsn"}]), {}) == {"parameter dsn (ap-northeast-1) looks secret and is a plain unknown"}
	messages(tokyo([{"Name": "token-url", "Type": "String"}]), {"notSecret": ["token-url"]}) == set()
	messages(tokyo([{"Name": "pin", "Type": "String"}]), {"secretNames": "^pin$"}) == {"parameter pin (ap-northeast-1) looks secret and is a plain String"}
}

test_names_that_look_secret if {
	every name in ["db-passwd", "DB_PASSWORD", "passphrase", "client-secret", "token", "apikey", "api-key", "access_key", "privateKey", "credentials", "connection-string"] {
		count(messages(tokyo([{"Name": name, "Type": "String"}]), {})) == 1
	}
}

test_key_of_aws if {
	own := tokyo([object.union(good, {"KeyId": "alias/aws/ssm"})])
	messages(own, {}) == {"parameter /emr/db/password (ap-northeast-1) is encrypted with the key that AWS manages"}
	messages(own, {"requireCmk": false}) == set()
}

test_key_unknown if {
	messages(tokyo([{"Name": "secret", "Type": "SecureString"}]), {}) == {"parameter secret (ap-northeast-1) does not say its key"}
	messages(tokyo([{"Name": "secret", "Type": "SecureString"}]), {"allowedKeyIds": ["k"]}) == {"parameter secret (ap-northeast-1) does not say its key"}
}

test_only_certain_keys if {
	messages(tokyo([good]), {"allowedKeyIds": ["alias/emr"]}) == set()
	messages(tokyo([good]), {"allowedKeyIds": ["alias/other"]}) == {"parameter /emr/db/password (ap-northeast-1) is encrypted with alias/emr, which is not allowed"}
	messages(tokyo([{"Name": "secret", "Type": "String"}]), {"allowedKeyIds": ["k"]}) == {"parameter secret (ap-northeast-1) looks secret and is a plain String"}
}

test_not_read if {
	message := {"the parameters of ap-northeast-1 cannot be read"}
	every answers in [[], [{"region": "ap-northeast-1", "error": {"code": "x"}}], [{"region": "ap-northeast-1", "result": {}}], [{"region": "us-east-1", "result": {"Parameters": []}}]] {
		messages(answers, {}) == message
	}
}

test_reasons_are_in_both_languages if {
	reasons := ssm_parameter_securestring.deny with input as {}
		with data.facts as {"ssm_parameters": tokyo([{"Name": "token"}, {"Name": "secret", "Type": "SecureString"}, object.union(good, {"KeyId": "alias/aws/ssm"})])}
		with data.parameters as object.union(defaults, {"allowedRegions": ["ap-northeast-1", "us-east-1"], "allowedKeyIds": ["k"]})
	count(reasons) == 5
	every reason in reasons {
		reason.msg_ja != ""
	}
}
