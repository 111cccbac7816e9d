package sekisho.places_test

import data.sekisho.places

vault := "arn:aws:backup:ap-northeast-3:123456789012:backup-vault:karte"

test_parts_of_an_arn if {
	places.is_arn(vault)
	places.region(vault) == "ap-northeast-3"
	places.account(vault) == "123456789012"
	places.service(vault) == "backup"
}

test_what_is_no_arn if {
	every value in ["karte", "", null, 5, [], {}, "arn:aws:s3", "urn:aws:backup:ap-northeast-3:123456789012:x"] {
		not places.is_arn(value)
		not places.region(value)
		not places.account(value)
		not places.service(value)
	}
}

test_the_arn_of_a_bucket_names_neither if {
	not places.region("arn:aws:s3:::karte")
	not places.account("arn:aws:s3:::karte")
	places.bucket("arn:aws:s3:::karte") == "karte"
	places.bucket("arn:aws:s3:::karte/AWSLogs/1") == "karte"
	not places.bucket("arn:aws:s3:::")
	not places.bucket(vault)
}

test_regions_of_hosts if {
	every host, region in {
		"lb-1.ap-northeast-1.elb.amazonaws.com": "ap-northeast-1",
		"karte.s3.us-east-1.amazonaws.com": "us-east-1",
		"karte.s3-website-us-west-2.amazonaws.com": "us-west-2",
		"karte.s3-us-west-2.amazonaws.com": "us-west-2",
		"ABC.execute-api.US-GOV-WEST-1.amazonaws.com": "us-gov-west-1",
	} {
		places.host_region(host) == region
	}
}

test_hosts_without_a_region if {
	every host in ["karte.s3.amazonaws.com", "karte.example.jp", "x.us-east-1.example.com", "us-east-1.amazonaws.com.example.com", null, ""] {
		not places.host_region(host)
	}
}

test_hosts_of_urls if {
	places.host("https://Hooks.example.com:8443/services/x?y=1") == "hooks.example.com"
	places.host("https://hooks.example.com") == "hooks.example.com"
	places.host("jdbc:redshift://dwh.c1.ap-northeast-1.redshift.amazonaws.com:5439/dev") == "dwh.c1.ap-northeast-1.redshift.amazonaws.com"
	places.host("hooks.example.com/path") == "hooks.example.com"
	not places.host(null)
}

test_regions_of_buckets if {
	places.bucket_regions({"Buckets": [
		{"Name": "a", "BucketRegion": "ap-northeast-3"},
		{"Name": "b"},
		{"Name": "c", "BucketRegion": ""},
		{"Name": "d", "BucketRegion": null},
		{"BucketRegion": "us-east-1"},
	]}) == {"a": "ap-northeast-3"}
	places.bucket_regions({"Buckets": null}) == {}
	places.bucket_regions({"error": {"code": "AccessDenied"}}) == {}
	places.bucket_regions(null) == {}
}
