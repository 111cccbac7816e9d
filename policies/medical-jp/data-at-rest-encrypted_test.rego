package sekisho_policies.data_at_rest_encrypted_test

import data.sekisho_policies.data_at_rest_encrypted

defaults := {"cmkForTag": "", "externalKeyAccounts": []}

for_phi := {"cmkForTag": "DataClass=phi", "externalKeyAccounts": []}

own_key := "arn:aws:kms:ap-northeast-1:123456789012:key/own"

aws_key := "arn:aws:kms:ap-northeast-1:123456789012:key/aws"

other_key := "arn:aws:kms:ap-northeast-1:999999999999:key/other"

inventory := {"AWS::KMS::Key": {
	"own": {"configuration": {"arn": own_key, "keyId": "own", "keyManager": "CUSTOMER"}},
	"aws": {"configuration": {"arn": aws_key, "keyId": "aws", "keyManager": "AWS"}},
	"odd": {"configuration": {"arn": "arn:aws:kms:ap-northeast-1:123456789012:key/odd"}},
	"gone": {},
}}

verdict(document, parameters) := {reason.msg |
	some reason in data_at_rest_encrypted.deny with input as document with data.inventory as inventory with data.parameters as parameters
}

item(kind, configuration) := {"resourceType": kind, "awsAccountId": "123456789012", "tags": {"DataClass": "phi"}, "configuration": configuration}

plain := "it is not encrypted"

unrecorded := "whether it is encrypted is not recorded"

no_cmk := "it is tagged DataClass=phi, but not encrypted with a customer managed key"

by_aws(key) := sprintf("it is tagged DataClass=phi, but its key is managed by AWS: %s", [key])

unknown(key) := sprintf("who manages its key is not recorded here: %s", [key])

flat := {
	"AWS::EC2::Volume": ["encrypted", "kmsKeyId"],
	"AWS::EFS::FileSystem": ["Encrypted", "KmsKeyId"],
	"AWS::RDS::DBCluster": ["storageEncrypted", "kmsKeyId"],
	"AWS::RDS::DBClusterSnapshot": ["storageEncrypted", "kmsKeyId"],
	"AWS::RDS::DBInstance": ["storageEncrypted", "kmsKeyId"],
	"AWS::RDS::DBSnapshot": ["encrypted", "kmsKeyId"],
	"AWS::Redshift::Cluster": ["encrypted", "kmsKeyId"],
	"AWS::Redshift::ClusterSnapshot": ["encrypted", "kmsKeyId"],
}

with_key(kind, key) := item(kind, {flat[kind][0]: true, flat[kind][1]: key})

test_flat_fields if {
	every kind, names in flat {
		verdict(item(kind, {names[0]: true}), defaults) == set()
		verdict(item(kind, {names[0]: false, names[1]: own_key}), for_phi) == {plain}
		every configuration in [{}, {names[0]: null}, {names[0]: "yes"}, null] {
			verdict(item(kind, configuration), for_phi) == {unrecorded}
		}
		verdict(with_key(kind, own_key), for_phi) == set()
		verdict(with_key(kind, aws_key), for_phi) == {by_aws(aws_key)}
		verdict(with_key(kind, aws_key), defaults) == set()
		verdict(with_key(kind, null), for_phi) == {no_cmk}
		verdict(with_key(kind, ""), for_phi) == {no_cmk}
	}
	verdict({"resourceType": "AWS::EC2::Volume"}, defaults) == {unrecorded}
}

search(enabled, key) := [
	item("AWS::Elasticsearch::Domain", {"encryptionAtRestOptions": {"enabled": enabled, "kmsKeyId": key}}),
	item("AWS::OpenSearch::Domain", {"EncryptionAtRestOptions": {"Enabled": enabled, "KmsKeyId": key}}),
]

test_search_domains if {
	every document in search(true, own_key) {
		verdict(document, for_phi) == set()
	}
	every document in search(true, aws_key) {
		verdict(document, for_phi) == {by_aws(aws_key)}
	}
	every document in search(false, null) {
		verdict(document, for_phi) == {plain}
	}
	every kind in ["AWS::Elasticsearch::Domain", "AWS::OpenSearch::Domain"] {
		verdict(item(kind, {}), for_phi) == {unrecorded}
	}
}

table(description) := item("AWS::DynamoDB::Table", {"tableName": "patients", "ssedescription": description})

test_tables if {
	verdict(table(null), defaults) == set()
	verdict(table(null), for_phi) == {no_cmk}
	verdict(table({"status": "ENABLED", "ssetype": "KMS", "kmsmasterKeyArn": null}), for_phi) == {no_cmk}
	verdict(table({"status": "ENABLED", "ssetype": "KMS", "kmsmasterKeyArn": aws_key}), for_phi) == {by_aws(aws_key)}
	verdict(table({"status": "ENABLED", "ssetype": "KMS", "kmsmasterKeyArn": own_key}), for_phi) == set()
	verdict(item("AWS::DynamoDB::Table", {}), defaults) == {unrecorded}
}

topic(key) := item("AWS::SNS::Topic", {"TopicArn": "arn:aws:sns:ap-northeast-1:123456789012:alerts", "KmsMasterKeyId": key})

test_topics if {
	verdict(topic("alias/aws/sns"), defaults) == set()
	verdict(topic(null), defaults) == {plain}
	verdict(topic(null), for_phi) == {plain}
	verdict(item("AWS::SNS::Topic", {}), defaults) == {unrecorded}
	verdict(topic("alias/aws/sns"), for_phi) == {by_aws("alias/aws/sns")}
	verdict(topic("arn:aws:kms:ap-northeast-1:123456789012:alias/aws/sns"), for_phi) == {by_aws("arn:aws:kms:ap-northeast-1:123456789012:alias/aws/sns")}
	verdict(topic("own"), for_phi) == set()
	verdict(topic("aws"), for_phi) == {by_aws("aws")}
}

bucket(rules) := object.union(item("AWS::S3::Bucket", {"name": "karte"}), {"supplementaryConfiguration": {"ServerSideEncryptionConfiguration": {"rules": rules}}})

by_default(algorithm, key) := [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyID": key}}]

test_buckets if {
	every algorithm in ["AES256", "aws:kms", "aws:kms:dsse"] {
		verdict(bucket(by_default(algorithm, null)), defaults) == set()
		verdict(bucket(by_default(algorithm, null)), for_phi) == {no_cmk}
	}
	every algorithm in ["aws:kms", "aws:kms:dsse"] {
		verdict(bucket(by_default(algorithm, own_key)), for_phi) == set()
		verdict(bucket(by_default(algorithm, aws_key)), for_phi) == {by_aws(aws_key)}
	}
	verdict(bucket(by_default("AES256", own_key)), for_phi) == {no_cmk}
	every rules in [null, [], [{}], [{"applyServerSideEncryptionByDefault": null}], by_default(null, null), by_default("none", null), array.concat(by_default("AES256", null), by_default("none", null))] {
		verdict(bucket(rules), defaults) == {unrecorded}
	}
	verdict(item("AWS::S3::Bucket", {"name": "karte"}), defaults) == {unrecorded}
	verdict(object.union(item("AWS::S3::Bucket", {}), {"supplementaryConfiguration": {"ServerSideEncryptionConfiguration": json.marshal({"rules": by_default("AES256", null)})}}), defaults) == set()
}

volume(key) := with_key("AWS::EC2::Volume", key)

# What only another type has says nothing.
test_fields_of_other_types if {
	foreign := {"tableName": "x", "TopicArn": "x", "KmsMasterKeyId": "own", "ssedescription": {"kmsmasterKeyArn": own_key}}
	verdict(item("AWS::S3::Bucket", foreign), for_phi) == {unrecorded}
	verdict(object.union(bucket(by_default("AES256", null)), {"configuration": foreign}), for_phi) == {no_cmk}
}

test_tag if {
	verdict(volume(other_key), defaults) == set()
	verdict(object.union(volume(aws_key), {"tags": {"DataClass": "other"}}), {"cmkForTag": "DataClass", "externalKeyAccounts": []}) == {sprintf("it is tagged DataClass, but its key is managed by AWS: %s", [aws_key])}
	verdict(object.remove(volume(aws_key), ["tags"]), for_phi) == set()
	verdict({"resourceType": "AWS::EC2::Volume", "tags": {"DataClass": "other"}, "configuration": {"encrypted": true}}, for_phi) == set()
}

test_aliases if {
	every alias in ["alias/karte", "arn:aws:kms:ap-northeast-1:123456789012:alias/karte"] {
		verdict(volume(alias), for_phi) == set()
	}
	verdict(volume("arn:aws:kms:ap-northeast-1:999999999999:alias/karte"), for_phi) == {unknown("arn:aws:kms:ap-northeast-1:999999999999:alias/karte")}
	verdict(volume("karte-alias/x"), for_phi) == {unknown("karte-alias/x")}
}

test_keys_not_recorded if {
	every key in [other_key, "arn:aws:kms:ap-northeast-1:123456789012:key/new", "arn:aws:kms:ap-northeast-1:123456789012:key/odd", "new", "a:b:c:d"] {
		verdict(volume(key), for_phi) == {unknown(key)}
	}
	external := {"cmkForTag": "DataClass=phi", "externalKeyAccounts": ["999999999999"]}
	verdict(volume(other_key), external) == set()
	verdict(volume("arn:aws:kms:ap-northeast-1:888888888888:key/x"), external) == {unknown("arn:aws:kms:ap-northeast-1:888888888888:key/x")}
	verdict(volume(aws_key), {"cmkForTag": "DataClass=phi", "externalKeyAccounts": ["123456789012"]}) == {by_aws(aws_key)}
}

test_member_of_a_cluster if {
	data_at_rest_encrypted.not_applicable with input as item("AWS::RDS::DBInstance", {"dBClusterIdentifier": "karte"})
	not data_at_rest_encrypted.not_applicable with input as item("AWS::RDS::DBInstance", {})
	not data_at_rest_encrypted.not_applicable with input as item("AWS::RDS::DBCluster", {})
}
