package sekisho_policies.no_public_data_store_test

import data.sekisho_policies.no_public_data_store

none := {"allowedPublicBuckets": []}

verdict(document, inventory) := {reason.msg |
	some reason in no_public_data_store.deny with input as document with data.inventory as inventory with data.parameters as none
}

out(document, buckets) if {
	no_public_data_store.not_applicable with input as document with data.parameters as {"allowedPublicBuckets": buckets}
}

item(kind, configuration) := {"resourceType": kind, "awsAccountId": "123456789012", "resourceName": "karte", "configuration": configuration}

bucket(parts) := object.union(item("AWS::S3::Bucket", {}), {"supplementaryConfiguration": parts})

settings := ["blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"]

all_on := {setting: true | some setting in settings}

account(number, block) := {"AWS::S3::AccountPublicAccessBlock": {number: {"configuration": block}}}

with_flag := ["AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster"]

test_databases if {
	every kind in with_flag {
		verdict(item(kind, {"publiclyAccessible": false}), {}) == set()
		verdict(item(kind, {"publiclyAccessible": true}), {}) == {"it is publicly accessible"}
		verdict(item(kind, {"publiclyAccessible": null}), {}) == {"whether it is publicly accessible is not recorded"}
		verdict(item(kind, {}), {}) == {"whether it is publicly accessible is not recorded"}
	}
}

test_flag_of_other_types if {
	verdict(item("AWS::OpenSearch::Domain", {"publiclyAccessible": true, "VPCOptions": {"SubnetIds": ["subnet-1"]}}), {}) == set()
}

test_clusters_with_instances if {
	every engine in ["aurora", "aurora-postgresql", "docdb", "neptune"] {
		out(item("AWS::RDS::DBCluster", {"engine": engine}), [])
		not out(item("AWS::RDS::DBInstance", {"engine": engine}), [])
	}
	not out(item("AWS::RDS::DBCluster", {"engine": "postgres"}), [])
	not out(item("AWS::RDS::DBCluster", {}), [])
}

test_search_domains if {
	verdict(item("AWS::OpenSearch::Domain", {"VPCOptions": {"SubnetIds": ["subnet-1"]}}), {}) == set()
	verdict(item("AWS::Elasticsearch::Domain", {"vpcoptions": {"subnetIds": ["subnet-1"]}}), {}) == set()
	every kind in ["AWS::OpenSearch::Domain", "AWS::Elasticsearch::Domain"] {
		every configuration in [{}, {"VPCOptions": {}, "vpcoptions": {}}, {"VPCOptions": {"SubnetIds": []}, "vpcoptions": {"subnetIds": []}}] {
			verdict(item(kind, configuration), {}) == {"the domain is not in a VPC"}
		}
	}
	verdict(item("AWS::OpenSearch::Domain", {"vpcoptions": {"subnetIds": ["subnet-1"]}}), {}) == {"the domain is not in a VPC"}
}

test_bucket_block if {
	verdict(bucket({"PublicAccessBlockConfiguration": all_on}), {}) == set()
	verdict(bucket({"PublicAccessBlockConfiguration": json.marshal(all_on)}), {}) == set()
	verdict(bucket({}), account("123456789012", all_on)) == set()
	every setting in settings {
		expected := {sprintf("the public access block is not complete: %s off", [setting])}
		verdict(bucket({"PublicAccessBlockConfiguration": object.union(all_on, {setting: false})}), {}) == expected
		verdict(bucket({"PublicAccessBlockConfiguration": object.remove(all_on, [setting])}), {}) == expected
		verdict(bucket({"PublicAccessBlockConfiguration": object.union(all_on, {setting: null})}), account("123456789012", null)) == expected
	}
}

nothing_on := "the public access block is not complete: blockPublicAcls, ignorePublicAcls, blockPublicPolicy, restrictPublicBuckets off"

test_no_block if {
	verdict(bucket({}), {}) == {nothing_on}
	verdict(bucket({"PublicAccessBlockConfiguration": null}), {}) == {nothing_on}
	verdict(bucket({}), account("999999999999", all_on)) == {nothing_on}
}

test_blocks_add_up if {
	acls := {"blockPublicAcls": true, "ignorePublicAcls": true, "blockPublicPolicy": false, "restrictPublicBuckets": false}
	policies := {"blockPublicAcls": false, "ignorePublicAcls": false, "blockPublicPolicy": true, "restrictPublicBuckets": true}
	verdict(bucket({"PublicAccessBlockConfiguration": acls}), account("123456789012", policies)) == set()
	verdict(bucket({"PublicAccessBlockConfiguration": acls}), account("123456789012", acls)) == {"the public access block is not complete: blockPublicPolicy, restrictPublicBuckets off"}
}

test_account_block if {
	verdict(item("AWS::S3::AccountPublicAccessBlock", all_on), {}) == set()
	verdict(item("AWS::S3::AccountPublicAccessBlock", object.union(all_on, {"blockPublicPolicy": false})), account("123456789012", all_on)) == {"the public access block is not complete: blockPublicPolicy off"}
	verdict({"resourceType": "AWS::S3::AccountPublicAccessBlock", "configuration": null}, {}) == {nothing_on}
	verdict({"resourceType": "AWS::S3::AccountPublicAccessBlock"}, {}) == {nothing_on}
}

acl(grantee) := json.marshal({"grantSet": null, "grantList": [{"grantee": {"id": "3f1c", "displayName": null}, "permission": "FullControl"}, {"grantee": grantee, "permission": "Read"}]})

ignoring := {"ignorePublicAcls": true}

test_access_list if {
	every grantee in ["AllUsers", {"identifier": "http://acs.amazonaws.com/groups/global/AllUsers"}, {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}] {
		verdict(bucket({"AccessControlList": acl(grantee)}), {}) == {nothing_on, "the access control list lets everybody in (AllUsers: Read)"}
	}
	every grantee in ["AuthenticatedUsers", {"identifier": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}] {
		verdict(bucket({"AccessControlList": acl(grantee)}), {}) == {nothing_on, "the access control list lets everybody in (AuthenticatedUsers: Read)"}
	}
	every grantee in ["LogDelivery", {"id": "9a2b"}, null] {
		verdict(bucket({"AccessControlList": acl(grantee)}), {}) == {nothing_on}
	}
	verdict(bucket({"AccessControlList": acl("AllUsers")}), account("123456789012", ignoring)) == {"the public access block is not complete: blockPublicAcls, blockPublicPolicy, restrictPublicBuckets off"}
	verdict(bucket({"AccessControlList": json.marshal({"grantList": [{"grantee": "AllUsers"}]})}), {}) == {nothing_on, "the access control list lets everybody in (AllUsers: unknown)"}
	verdict(bucket({"AccessControlList": "no document"}), {}) == {nothing_on}
}

policy(statement) := {"BucketPolicy": {"policyText": json.marshal({"Version": "2012-10-17", "Statement": [statement]})}}

reading := {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::karte/*"}

open := {nothing_on, "the bucket policy lets everybody in (s3:GetObject)"}

test_bucket_policy if {
	verdict(bucket(policy(reading)), {}) == open
	verdict(bucket(policy(object.union(reading, {"Principal": {"AWS": "*"}}))), {}) == open
	verdict(bucket(policy(object.union(reading, {"Principal": {"AWS": ["111111111111", "*"]}, "Condition": {}}))), {}) == open
	verdict(bucket(policy(object.remove(reading, ["Action"]))), {}) == {nothing_on, "the bucket policy lets everybody in (NotAction)"}
	verdict(bucket(policy(reading)), account("123456789012", {"restrictPublicBuckets": true})) == {"the public access block is not complete: blockPublicAcls, ignorePublicAcls, blockPublicPolicy off"}
}

test_bucket_policy_for_some if {
	every change in [
		{"Effect": "Deny"}, {"Principal": {"AWS": "111111111111"}}, {"Principal": {"Service": "*"}}, {"Principal": null},
		{"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}},
	] {
		verdict(bucket(policy(object.union(reading, change))), {}) == {nothing_on}
	}
	verdict(bucket({"BucketPolicy": {"policyText": null}}), {}) == {nothing_on}
}

test_allowed_public_buckets if {
	out(bucket({}), ["www", "karte"])
	not out(bucket({}), ["www"])
	not out(bucket({}), [])
	out(item("AWS::S3::AccountPublicAccessBlock", {}), ["www"])
	not out(item("AWS::S3::AccountPublicAccessBlock", {}), [])
	not out(item("AWS::RDS::DBInstance", {}), ["karte"])
}
