package sekisho_policies.s3_deny_insecure_transport_test

import data.sekisho_policies.s3_deny_insecure_transport

arn := "arn:aws:s3:::karte"

no_tls := {"Bool": {"aws:SecureTransport": "false"}}

old_tls := {"NumericLessThan": {"s3:TlsVersion": "1.2"}}

both := [arn, "arn:aws:s3:::karte/*"]

denial(condition, resources) := {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": condition}

bucket(statements) := bucket_of(json.marshal({"Version": "2012-10-17", "Statement": statements}))

bucket_of(text) := {"resourceType": "AWS::S3::Bucket", "ARN": arn, "supplementaryConfiguration": {"BucketPolicy": {"policyText": text}}}

messages(document) := {reason.msg |
	some reason in s3_deny_insecure_transport.deny with input as document with data.parameters as {"requireTls12": false}
}

strict(document) := {reason.msg |
	some reason in s3_deny_insecure_transport.deny with input as document with data.parameters as {"requireTls12": true}
}

open := {"access without TLS is not denied"}

test_denied if messages(bucket([denial(no_tls, both)])) == set()

test_no_policy if {
	every document in [bucket_of(null), bucket([]), {"ARN": arn}, {"ARN": arn, "supplementaryConfiguration": null}] {
		messages(document) == open
	}
}

test_unreadable if messages(bucket_of("{broken")) == {"the bucket policy cannot be read", "access without TLS is not denied"}

test_resources if {
	messages(bucket([denial(no_tls, arn)])) == {"access without TLS is denied for the bucket, but not for its objects"}
	messages(bucket([denial(no_tls, "arn:aws:s3:::karte/*")])) == {"access without TLS is denied for the objects, but not for the bucket"}
	messages(bucket([denial(no_tls, "arn:aws:s3:::*/*")])) == {"access without TLS is denied for the objects, but not for the bucket"}
	every resources in ["*", "arn:aws:s3:::*", "arn:aws:s3:::karte*", [arn, "arn:aws:s3:::*/*"]] {
		messages(bucket([denial(no_tls, resources)])) == set()
	}
	every resources in [null, [], "arn:aws:s3:::other", ["arn:aws:s3:::karte/a/*"]] {
		messages(bucket([denial(no_tls, resources)])) == open
	}
	messages(bucket([denial(no_tls, arn), denial(no_tls, "arn:aws:s3:::karte/*")])) == set()
}

test_spellings_of_the_condition if {
	every condition in [
		{"Bool": {"aws:SecureTransport": false}},
		{"Bool": {"AWS:securetransport": ["false"]}},
		{"BoolIfExists": {"aws:SecureTransport": "false"}},
	] {
		messages(bucket([denial(condition, both)])) == set()
	}
}

test_conditions_that_do_not_do if {
	every condition in [
		null,
		{},
		"false",
		{"Bool": {}},
		{"Bool": "false"},
		{"Bool": {"aws:SecureTransport": "true"}},
		{"Bool": {"aws:ViaAWSService": "false"}},
		{"StringEquals": {"aws:SecureTransport": "false"}},
		{"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}},
		{"Bool": {"aws:SecureTransport": "false"}, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
	] {
		messages(bucket([denial(condition, both)])) == open
	}
}

test_effect_principal_action if {
	every changes in [
		{"Principal": {"AWS": "*"}},
		{"Principal": {"AWS": ["arn:aws:iam::123456789012:root", "*"]}},
		{"Action": "*"},
		{"Action": ["s3:GetObject", "S3:*"]},
	] {
		messages(bucket([object.union(denial(no_tls, both), changes)])) == set()
	}
	every changes in [
		{"Effect": "Allow"},
		{"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
		{"Principal": {"Service": "*"}},
		{"Principal": null},
		{"Action": "s3:GetObject"},
		{"Action": null},
	] {
		messages(bucket([object.union(denial(no_tls, both), changes)])) == open
	}
}

test_tls_version if {
	messages(bucket([denial(no_tls, both), denial(old_tls, both)])) == set()
	strict(bucket([denial(no_tls, both), denial(old_tls, both)])) == set()
	strict(bucket([denial(no_tls, both), denial({"NumericLessThan": {"s3:TlsVersion": 1.2}}, both)])) == set()
	strict(bucket([denial(no_tls, both), denial({"NumericLessThan": {"s3:TlsVersion": ["1.3"]}}, "*")])) == set()
	every statements in [
		[],
		[denial({"NumericLessThan": {"s3:TlsVersion": "1.1"}}, both)],
		[denial({"NumericGreaterThan": {"s3:TlsVersion": "1.2"}}, both)],
		[denial({"NumericLessThan": {"s3:max-keys": "1.2"}}, both)],
		[denial(old_tls, arn)],
		[denial(old_tls, "arn:aws:s3:::karte/*")],
		[object.union(denial(old_tls, both), {"Effect": "Allow"})],
	] {
		strict(bucket(array.concat([denial(no_tls, both)], statements))) == {"TLS below 1.2 is not denied for the bucket and its objects"}
	}
}
