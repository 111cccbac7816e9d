//! S3 buckets, databases, tables, topics, queues, secrets.

use serde_json::{Value, json};

use super::random::Random;
use super::{ACCOUNT, Body, REGION, filled, relationship};

/// Three buckets of four are as they should be; of the others one thing each is not.
pub fn bucket(random: &mut Random, size: usize) -> Body {
    let fault = random.below(16);
    let blocked = |number| !(fault == number || fault == 4);
    let mut supplementary = json!({
        "AccessControlList": acl_text(),
        "BucketAccelerateConfiguration": {"status": null},
        "BucketLoggingConfiguration": {"destinationBucketName": "logs-~hex~", "logFilePrefix": "~name~/"},
        "BucketNotificationConfiguration": {"configurations": {}},
        "BucketPolicy": {"policyText": policy_text(random, size / 2, fault != 6, fault == 7)},
        "BucketVersioningConfiguration": {"status": random.pick(&["Enabled", "Enabled", "Off"]), "isMfaDeleteEnabled": null},
        "IsRequesterPaysEnabled": false,
        "PublicAccessBlockConfiguration": {"blockPublicAcls": blocked(0), "ignorePublicAcls": blocked(1),
            "blockPublicPolicy": blocked(2), "restrictPublicBuckets": blocked(3)},
        "BucketLifecycleConfiguration": {"rules": lifecycle(random, size / 2)},
        "BucketTaggingConfiguration": {"tagSets": [{"tags": {"Name": "~name~", "CostCentre": "cc-~hex~"}}]},
    });
    if fault != 5
        && let Some(fields) = supplementary.as_object_mut()
    {
        fields.insert("ServerSideEncryptionConfiguration".into(), encryption(random));
    }
    Body {
        resource_type: "AWS::S3::Bucket",
        id: "~name~-~id~".into(),
        name: "~name~-~id~".into(),
        arn: "arn:aws:s3:::~name~-~id~".into(),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"name": "~name~-~id~", "owner": {"displayName": null, "id": "3f1c0c7f0d6d4a9bb8a2f5de0c7e41d2"},
            "creationDate": "~created~"}),
        supplementary,
    }
}

/// The one field that is JSON in a string in every delivery.
fn acl_text() -> Value {
    let owner = json!({"displayName": null, "id": "3f1c0c7f0d6d4a9bb8a2f5de0c7e41d2"});
    json!({"grantSet": null, "grantList": [{"grantee": owner, "permission": "FullControl"}], "owner": owner,
        "isRequesterCharged": false})
    .to_string()
    .into()
}

fn encryption(random: &mut Random) -> Value {
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", random.hex(32));
    let default = if random.chance(600) {
        json!({"sseAlgorithm": "aws:kms", "kmsMasterKeyID": key})
    } else {
        json!({"sseAlgorithm": "AES256", "kmsMasterKeyID": null})
    };
    json!({"rules": [{"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": true}]})
}

fn policy_text(random: &mut Random, size: usize, tls: bool, absent: bool) -> Value {
    if absent {
        return Value::Null;
    }
    let mut statements = filled(size, |number| {
        json!({"Sid": format!("Read{number}x{}", random.hex(6)), "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/reader-{}", random.hex(8))},
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::~name~-~id~", format!("arn:aws:s3:::~name~-~id~/{}/*", random.hex(8))]})
    });
    if tls {
        statements.push(json!({"Sid": "OnlyTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::~name~-~id~", "arn:aws:s3:::~name~-~id~/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}));
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string().into()
}

fn lifecycle(random: &mut Random, size: usize) -> Vec<Value> {
    filled(size, |number| {
        let prefix = format!("{}/", random.hex(8));
        json!({"id": format!("rule-{number}"), "prefix": null, "status": "Enabled", "expirationInDays": random.below(3650) + 1,
            "expiredObjectDeleteMarker": false, "noncurrentVersionExpirationInDays": -1,
            "noncurrentVersionTransitions": null, "transitions": [{"days": random.below(300) + 30, "date": null,
                "storageClass": "GLACIER"}],
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            "filter": {"predicate": {"type": "LifecyclePrefixPredicate", "prefix": prefix}}})
    })
}

pub fn database(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:rds:{REGION}:{ACCOUNT}:db:~name~");
    let logs = filled(
        size,
        |number| json!({"dBParameterGroupName": format!("group-{number}-~hex~"), "parameterApplyStatus": "in-sync"}),
    );
    Body {
        resource_type: "AWS::RDS::DBInstance",
        id: "db-~id~".into(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: vec![
            relationship("AWS::EC2::SecurityGroup", "sg-~hex~", "Is associated with SecurityGroup"),
            relationship("AWS::EC2::VPC", "vpc-~hex~", "Is contained in VPC"),
        ],
        configuration: json!({
            "dBInstanceIdentifier": "~name~", "dBInstanceClass": "db.r7g.large", "engine": random.pick(&["postgres", "mysql"]),
            "dBInstanceStatus": "available", "masterUsername": "master", "endpoint": {"address":
                format!("~name~.~hex~.{REGION}.rds.amazonaws.com"), "port": 5432, "hostedZoneId": "Z24O6O9L7SGTNB"},
            "allocatedStorage": random.below(900) + 100, "instanceCreateTime": "~created~", "preferredBackupWindow": "17:00-18:00",
            "backupRetentionPeriod": random.below(36), "dBSecurityGroups": [],
            "vpcSecurityGroups": [{"vpcSecurityGroupId": "sg-~hex~", "status": "active"}], "dBParameterGroups": logs,
            "availabilityZone": format!("{REGION}a"), "multiAZ": random.chance(600), "engineVersion": "17.4",
            "publiclyAccessible": random.chance(60), "storageType": "gp3", "storageEncrypted": random.chance(950),
            "kmsKeyId": format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", random.hex(32)), "dbiResourceId": "db-~id~",
            "copyTagsToSnapshot": true, "dBInstanceArn": arn, "deletionProtection": random.chance(800),
            "performanceInsightsEnabled": true, "iAMDatabaseAuthenticationEnabled": false, "readReplicaDBInstanceIdentifiers": [],
        }),
        supplementary: json!({"Tags": [{"key": "Name", "value": "~name~"}]}),
    }
}

pub fn snapshot(random: &mut Random, size: usize) -> Body {
    Body {
        resource_type: "AWS::RDS::DBSnapshot",
        id: "rds:~name~".into(),
        name: "rds:~name~".into(),
        arn: format!("arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:rds:~name~"),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"dBSnapshotIdentifier": "rds:~name~", "dBInstanceIdentifier": "~name~", "engine": "postgres",
            "snapshotCreateTime": "~created~", "status": "available", "encrypted": random.chance(900),
            "dBSnapshotArn": format!("arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:rds:~name~"), "snapshotType": "automated",
            "processorFeatures": filled(size, |number| json!({"name": format!("f{number}"), "value": "~hex~"}))}),
        supplementary: json!({"DBSnapshotAttributes": [{"attributeName": "restore", "attributeValues": []}]}),
    }
}

pub fn table(random: &mut Random, size: usize) -> Body {
    let attributes = filled(
        size,
        |number| json!({"attributeName": format!("a{number}_{}", random.hex(8)), "attributeType": "S"}),
    );
    Body {
        resource_type: "AWS::DynamoDB::Table",
        id: "~name~".into(),
        name: "~name~".into(),
        arn: format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/~name~"),
        global: false,
        relationships: Vec::new(),
        configuration: json!({
            "attributeDefinitions": attributes, "tableName": "~name~", "keySchema": [{"attributeName": "id", "keyType": "HASH"}],
            "tableStatus": "ACTIVE", "creationDateTime": 1_727_742_612_000_u64, "tableSizeBytes": random.below(9_000_000_000),
            "itemCount": random.below(9_000_000), "tableArn": format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/~name~"),
            "tableId": "~uuid~", "billingModeSummary": {"billingMode": "PAY_PER_REQUEST"},
            "sSEDescription": {"status": "ENABLED", "sSEType": "KMS",
                "kMSMasterKeyArn": format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", random.hex(32))},
            "deletionProtectionEnabled": random.chance(700),
        }),
        supplementary: json!({"ContinuousBackupsDescription": {"continuousBackupsStatus": "ENABLED",
            "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus":
                if random.chance(850) { "ENABLED" } else { "DISABLED" }}}, "Tags": []}),
    }
}

pub fn topic(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:~name~");
    Body {
        resource_type: "AWS::SNS::Topic",
        id: arn.clone(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"TopicArn": arn, "Owner": ACCOUNT, "DisplayName": "", "SubscriptionsConfirmed": "2",
            "KmsMasterKeyId": if random.chance(800) { "alias/aws/sns" } else { "" },
            "Policy": json!({"Version": "2012-10-17", "Statement": senders(random, size, &arn)}).to_string()}),
        supplementary: json!({}),
    }
}

pub fn queue(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:~name~");
    Body {
        resource_type: "AWS::SQS::Queue",
        id: format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/~name~"),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"QueueName": "~name~", "QueueUrl": format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/~name~"),
            "Arn": arn, "SqsManagedSseEnabled": random.chance(800), "VisibilityTimeout": 30, "DelaySeconds": 0,
            "MessageRetentionPeriod": 345_600, "MaximumMessageSize": 262_144,
            "Policy": json!({"Version": "2012-10-17", "Statement": senders(random, size, &arn)}).to_string()}),
        supplementary: json!({}),
    }
}

fn senders(random: &mut Random, size: usize, arn: &str) -> Vec<Value> {
    filled(size, |number| {
        json!({"Sid": format!("s{number}"), "Effect": "Allow", "Action": ["sqs:SendMessage", "sns:Publish"], "Resource": arn,
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/sender-{}", random.hex(8))}})
    })
}

pub fn secret(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:~name~-AbCdEf");
    Body {
        resource_type: "AWS::SecretsManager::Secret",
        id: arn.clone(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"ARN": arn, "Name": "~name~", "Description": "",
            "KMSKeyId": format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", random.hex(32)), "Deleted": false,
            "RotationEnabled": random.chance(700), "RotationOccurringAsScheduled": true,
            "RotationLambdaARN": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate"),
            "RotationRules": {"AutomaticallyAfterDays": 90},
            "Tags": filled(size, |number| json!({"Key": format!("k{number}"), "Value": "~hex~"}))}),
        supplementary: json!({}),
    }
}
