package sekisho_policies.rds_backup_retention_test

import data.sekisho_policies.rds_backup_retention

defaults := {"minDays": 7, "requireDeletionProtection": true, "requireMultiAZ": false}

strict := {"minDays": 14, "requireDeletionProtection": true, "requireMultiAZ": true}

sound := {"engine": "postgres", "backupRetentionPeriod": 7, "deletionProtection": true, "multiAZ": false}

item(type, configuration) := {"resourceType": type, "configuration": configuration}

instance(changes) := item("AWS::RDS::DBInstance", object.union(sound, changes))

cluster(changes) := item("AWS::RDS::DBCluster", object.union(object.union(sound, {"engine": "aurora-mysql"}), changes))

messages(document, parameters) := {reason.msg |
	some reason in rds_backup_retention.deny with input as document with data.parameters as parameters
}

skipped(document) if {
	rds_backup_retention.not_applicable with input as document with data.parameters as defaults
}

test_sound_instance_is_compliant if {
	messages(instance({}), defaults) == set()
	not skipped(instance({}))
}

test_sound_cluster_is_compliant if {
	messages(cluster({}), defaults) == set()
	not skipped(cluster({}))
}

test_backups_off if {
	every document in [instance({"backupRetentionPeriod": 0}), cluster({"backupRetentionPeriod": 0})] {
		messages(document, defaults) == {"automated backups are off (retention 0 days)"}
	}
}

test_retention_too_short if {
	messages(instance({"backupRetentionPeriod": 6}), defaults) == {"automated backups are kept 6 of the required 7 days"}
	messages(cluster({"backupRetentionPeriod": 1}), defaults) == {"automated backups are kept 1 of the required 7 days"}
}

test_retention_follows_the_parameter if {
	messages(instance({"multiAZ": true}), strict) == {"automated backups are kept 7 of the required 14 days"}
	messages(instance({"multiAZ": true, "backupRetentionPeriod": 14}), strict) == set()
}

test_deletion_protection_off if {
	messages(instance({"deletionProtection": false}), defaults) == {"deletion protection is off"}
}

test_deletion_protection_may_be_waived if {
	parameters := object.union(defaults, {"requireDeletionProtection": false})
	messages(instance({"deletionProtection": false}), parameters) == set()
	messages(instance({"deletionProtection": null}), parameters) == set()
}

test_single_zone_only_where_asked if {
	messages(instance({"backupRetentionPeriod": 14}), strict) == {"the database is in a single Availability Zone"}
	messages(instance({"multiAZ": null}), defaults) == set()
	messages(instance({"multiAZ": null, "backupRetentionPeriod": 14}), strict) == {"Multi-AZ is not recorded"}
}

test_every_reason_is_given if {
	document := cluster({"backupRetentionPeriod": 0, "deletionProtection": false})
	messages(document, strict) == {
		"automated backups are off (retention 0 days)",
		"deletion protection is off",
		"the database is in a single Availability Zone",
	}
}

test_fields_missing if {
	every configuration in [{}, null] {
		messages(item("AWS::RDS::DBInstance", configuration), defaults) == {
			"the backup retention period is not recorded",
			"deletion protection is not recorded",
		}
	}
	messages({}, defaults) == {"the backup retention period is not recorded", "deletion protection is not recorded"}
}

test_retention_as_text_is_not_recorded if {
	messages(instance({"backupRetentionPeriod": "7"}), defaults) == {"the backup retention period is not recorded"}
}

test_cluster_member_is_not_applicable if {
	every engine in ["aurora-mysql", "aurora-postgresql", "neptune", "docdb", "mysql"] {
		skipped(instance({"engine": engine, "dBClusterIdentifier": "karte"}))
	}
}

test_empty_cluster_identifier_is_no_member if {
	every value in [null, ""] {
		not skipped(instance({"dBClusterIdentifier": value}))
	}
}

test_read_replica_is_not_applicable if {
	skipped(instance({"readReplicaSourceDBInstanceIdentifier": "karte"}))
	skipped(instance({"readReplicaSourceDBClusterIdentifier": "arn:aws:rds:ap-northeast-1:123456789012:cluster:karte"}))
	not skipped(instance({"readReplicaSourceDBInstanceIdentifier": null}))
}

test_source_of_replicas_is_judged if {
	not skipped(instance({"readReplicaDBInstanceIdentifiers": ["karte-replica"]}))
}

test_replicating_cluster_is_judged if {
	document := cluster({"replicationSourceIdentifier": "karte-source", "backupRetentionPeriod": 1})
	not skipped(document)
	messages(document, defaults) == {"automated backups are kept 1 of the required 7 days"}
}

test_cluster_engine_without_cluster if {
	document := instance({"engine": "aurora-mysql", "deletionProtection": false})
	not skipped(document)
	messages(document, defaults) == {"the cluster of this instance is not recorded"}
}

test_own_settings_of_such_an_instance_say_nothing if {
	every changes in [{}, {"backupRetentionPeriod": 0, "deletionProtection": false, "multiAZ": false}, {"backupRetentionPeriod": 3}] {
		document := item("AWS::RDS::DBInstance", object.union({"engine": "docdb"}, changes))
		messages(document, strict) == {"the cluster of this instance is not recorded"}
	}
}

test_member_has_its_cluster if {
	document := instance({"engine": "aurora-mysql", "dBClusterIdentifier": "karte"})
	not "the cluster of this instance is not recorded" in messages(document, defaults)
}

test_cluster_is_judged_whatever_it_names if {
	every field in ["dBClusterIdentifier", "readReplicaSourceDBInstanceIdentifier", "readReplicaSourceDBClusterIdentifier"] {
		not skipped(cluster({field: "karte"}))
	}
}

test_reasons_are_in_both_languages if {
	every document in [item("AWS::RDS::DBCluster", {}), instance({"backupRetentionPeriod": 1, "deletionProtection": false})] {
		reasons := rds_backup_retention.deny with input as document with data.parameters as strict
		count(reasons) == 3
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}
