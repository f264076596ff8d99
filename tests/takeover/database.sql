BEGIN TRANSACTION;
CREATE TABLE accesses (
	room_id CHAR(32) NOT NULL, 
	user_id CHAR(32) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	granted_at DATETIME NOT NULL, 
	granted_by_id CHAR(32), 
	revoked_at DATETIME, 
	revoked_by_id CHAR(32), 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_accesses PRIMARY KEY (id), 
	CONSTRAINT fk_accesses_granted_by_id_users FOREIGN KEY(granted_by_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT fk_accesses_revoked_by_id_users FOREIGN KEY(revoked_by_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT fk_accesses_room_id_rooms FOREIGN KEY(room_id) REFERENCES rooms (id) ON DELETE CASCADE, 
	CONSTRAINT fk_accesses_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "accesses" VALUES('01a2299e62e57075a8e5687d81e893f0','01a2299e630870fe911ded99fb667190','owner','2026-11-29 23:22:55.636364',NULL,NULL,NULL,'01a2299e631474bab38d09176c2b490d');
INSERT INTO "accesses" VALUES('01a2299e62e57075a8e5687d81e893f0','01a2299e6315753fb463e12f3b304780','administrator','2026-11-29 23:22:55.643275',NULL,NULL,NULL,'01a2299e631b74a987596240149240ae');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('c93f0b7e61d4');
CREATE TABLE audit_entries (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor VARCHAR(32) NOT NULL, 
	user_id CHAR(32), 
	action TEXT NOT NULL, 
	target_kind TEXT NOT NULL, 
	target_id TEXT NOT NULL, 
	room_id CHAR(32), 
	reason TEXT NOT NULL, 
	details JSON NOT NULL, 
	address TEXT NOT NULL, 
	CONSTRAINT pk_audit_entries PRIMARY KEY (id), 
	CONSTRAINT fk_audit_entries_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);
INSERT INTO "audit_entries" VALUES(1,'2026-11-29 23:22:57.569224','user','01a2299e630870fe911ded99fb667190','entry.admit','entry','01a2299e-68dc-7025-9621-470c68ba2455','01a2299e62e57075a8e5687d81e893f0','','{}','127.0.0.1');
INSERT INTO "audit_entries" VALUES(2,'2026-11-29 23:22:58.414034','user','01a2299e630870fe911ded99fb667190','room.rotate_pin','room','01a2299e-62e5-7075-a8e5-687d81e893f0','01a2299e62e57075a8e5687d81e893f0','','{"overlap": 15}','');
INSERT INTO "audit_entries" VALUES(3,'2026-11-29 23:22:58.626341','user','01a2299e6eb37228a44c41c4f49290f2','trunk.move_rooms','trunk','01a2299e-6eb5-7758-813d-5823888abb5e',NULL,'','{"rooms": 1, "to": "ST_KNYVADKezapo"}','');
INSERT INTO "audit_entries" VALUES(4,'2026-11-29 23:22:58.629684','user','01a2299e630870fe911ded99fb667190','recording.delete','recording','01a2299e-6ec3-7663-b75d-9343d15b9187','01a2299e62e57075a8e5687d81e893f0','','{}','');
INSERT INTO "audit_entries" VALUES(5,'2026-11-29 23:22:58.895675','user','01a2299e6fc275d4b7e3d1f7946d5f99','telephony.repair_all','telephony','01a2299e-6fc5-7467-b227-9b92940d2b40',NULL,'INC1','{"scope": "all", "count": 1}','');
CREATE TABLE call_questions (
	session_id CHAR(32) NOT NULL, 
	sealed TEXT NOT NULL, 
	asked_at DATETIME NOT NULL, 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_call_questions PRIMARY KEY (id), 
	CONSTRAINT fk_call_questions_session_id_user_sessions FOREIGN KEY(session_id) REFERENCES user_sessions (id) ON DELETE CASCADE
);
CREATE TABLE caller_keys (
	id INTEGER NOT NULL, 
	secret VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_caller_keys PRIMARY KEY (id)
);
INSERT INTO "caller_keys" VALUES(20786,'a8e09495f5dcd0baeec9c4a22d942453da173238b0b66a44ddd354237fa8aa4e');
CREATE TABLE "calls" (
	sip_call_id VARCHAR(128) NOT NULL, 
	room_id CHAR(32), 
	trunk_id VARCHAR(64) NOT NULL, 
	participant_sid TEXT NOT NULL, 
	came_at DATETIME NOT NULL, 
	left_at DATETIME, 
	outcome VARCHAR(32) NOT NULL, 
	end_reason TEXT NOT NULL, 
	id CHAR(32) NOT NULL, 
	caller VARCHAR(32) DEFAULT '' NOT NULL, 
	ending VARCHAR(2) DEFAULT '' NOT NULL, 
	hold VARCHAR(32), 
	held_at DATETIME, 
	decided_at DATETIME, 
	decided_by_id CHAR(32), hold_ms INTEGER, muted_at DATETIME, 
	CONSTRAINT pk_calls PRIMARY KEY (id), 
	CONSTRAINT uq_calls_sip_call_id UNIQUE (sip_call_id), 
	CONSTRAINT fk_calls_decided_by_id_users FOREIGN KEY(decided_by_id) REFERENCES users (id) ON DELETE SET NULL
);
INSERT INTO "calls" VALUES('SCL_FAPtW8NBeP4b','01a2299e62e57075a8e5687d81e893f0','ST_KNYVADKezapo','PA_cBCP63Phm7mX','2026-11-29 23:22:56.532725',NULL,'inside','','01a2299e66947655ba83224b67dbd5e7','d47b73a14e0955fa','34','held','2026-11-29 23:22:56.611127',NULL,NULL,104,'2026-11-29 23:22:56.753190');
INSERT INTO "calls" VALUES('SCL_9qjnbhGbcvES','01a2299e62e57075a8e5687d81e893f0','ST_KNYVADKezapo','PA_pj9oJNGEYh9u','2026-11-29 23:22:57.090814',NULL,'inside','','01a2299e68c273aeab96d717e485e0ae','c6e8075b2b3ac4d6','78','admitted','2026-11-29 23:22:57.092470','2026-11-29 23:22:57.561318','01a2299e630870fe911ded99fb667190',52,NULL);
INSERT INTO "calls" VALUES('SCL_iKB8H9KTBvxC','01a2299e6b3b7438939bc887447556c1','ST_KNYVADKezapo','PA_QTM2XWBzusUb','2026-11-29 23:22:58.121419',NULL,'inside','','01a2299e6cc974b1b06acdfe14989354','ae07d67e66f6432e','12','free',NULL,'2026-11-29 23:22:58.163321',NULL,NULL,NULL);
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	event_id VARCHAR(128) NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	event VARCHAR(64) NOT NULL, 
	room_id CHAR(32), 
	body JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	received_at DATETIME NOT NULL, 
	processed_at DATETIME, 
	result VARCHAR(32) NOT NULL, 
	attempts INTEGER NOT NULL, 
	problem TEXT NOT NULL, 
	repeats INTEGER NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT uq_deliveries_event_id UNIQUE (event_id)
);
INSERT INTO "deliveries" VALUES(1,'EV_R6EMfNcPQzpZ','livekit','room_started','01a2299e62e57075a8e5687d81e893f0','{"event": "room_started", "id": "EV_R6EMfNcPQzpZ", "createdAt": "1795994575", "room": {"sid": "RM_sD6jZLhXchVC", "name": "01a2299e-62e5-7075-a8e5-687d81e893f0", "creationTime": "1795994575"}}','2026-11-29 23:22:55.000000','2026-11-29 23:22:55.731058','2026-11-29 23:22:55.922937','processed',1,'',0);
INSERT INTO "deliveries" VALUES(2,'EV_9JVf7nfhq7qZ','livekit','participant_joined','01a2299e62e57075a8e5687d81e893f0','{"event": "participant_joined", "id": "EV_9JVf7nfhq7qZ", "createdAt": "1795994575", "room": {"sid": "RM_sD6jZLhXchVC", "name": "01a2299e-62e5-7075-a8e5-687d81e893f0", "creationTime": "1795994575"}, "participant": {"sid": "PA_hPKYegBxJJ7s", "identity": "web", "state": "ACTIVE", "joinedAt": "1795994575", "attributes": {}}}','2026-11-29 23:22:55.000000','2026-11-29 23:22:55.960421','2026-11-29 23:22:56.240791','processed',1,'',0);
INSERT INTO "deliveries" VALUES(3,'EV_YzvGVJqXppik','livekit','track_published','01a2299e62e57075a8e5687d81e893f0','{"event": "track_published", "id": "EV_YzvGVJqXppik", "createdAt": "1795994575", "room": {"sid": "RM_sD6jZLhXchVC", "name": "01a2299e-62e5-7075-a8e5-687d81e893f0"}, "track": {"sid": "TR_AMxsu56wpgWDxt", "source": "MICROPHONE"}, "participant": {"sid": "PA_hPKYegBxJJ7s", "identity": "web", "attributes": {}}}','2026-11-29 23:22:55.000000','2026-11-29 23:22:55.995161','2026-11-29 23:22:55.995161','processed',0,'',0);
INSERT INTO "deliveries" VALUES(4,'EV_CTWTokdsaWc5','livekit','participant_joined','01a2299e62e57075a8e5687d81e893f0','{"event": "participant_joined", "id": "EV_CTWTokdsaWc5", "createdAt": "1795994576", "room": {"sid": "RM_sD6jZLhXchVC", "name": "01a2299e-62e5-7075-a8e5-687d81e893f0", "creationTime": "1795994575", "numParticipants": 1}, "participant": {"sid": "PA_cBCP63Phm7mX", "kind": "SIP", "state": "ACTIVE", "joinedAt": "1795994576", "attributes": {"sip.callID": "SCL_FAPtW8NBeP4b", "sip.trunkID": "ST_KNYVADKezapo", "sip.ruleID": "SDR_jkgr6eDDHSSK", "sip.callStatus": "active"}, "caller": "d47b73a14e0955fa", "ending": "34"}}','2026-11-29 23:22:56.000000','2026-11-29 23:22:56.711056','2026-11-29 23:22:56.732079','processed',1,'',0);
INSERT INTO "deliveries" VALUES(5,'EV_GSaX5dc7iWCk','livekit','track_published','01a2299e62e57075a8e5687d81e893f0','{"event": "track_published", "id": "EV_GSaX5dc7iWCk", "createdAt": "1795994576", "room": {"sid": "RM_sD6jZLhXchVC", "name": "01a2299e-62e5-7075-a8e5-687d81e893f0"}, "track": {"sid": "TR_AM2oSuZdUQKaQS", "source": "MICROPHONE"}, "participant": {"sid": "PA_cBCP63Phm7mX", "attributes": {}}}','2026-11-29 23:22:56.000000','2026-11-29 23:22:56.809684','2026-11-29 23:22:56.809684','processed',0,'',0);
INSERT INTO "deliveries" VALUES(6,'EV_dUMasZcAk9E6','livekit','participant_joined','01a2299e62e57075a8e5687d81e893f0','{"event": "participant_joined", "id": "EV_dUMasZcAk9E6", "createdAt": "1795994576", "room": {"sid": "RM_sD6jZLhXchVC", "name": "01a2299e-62e5-7075-a8e5-687d81e893f0", "creationTime": "1795994575", "numParticipants": 2}, "participant": {"sid": "PA_pj9oJNGEYh9u", "kind": "SIP", "state": "ACTIVE", "joinedAt": "1795994576", "attributes": {"sip.callID": "SCL_9qjnbhGbcvES", "sip.trunkID": "ST_KNYVADKezapo", "sip.ruleID": "SDR_jkgr6eDDHSSK", "sip.callStatus": "active"}, "caller": "c6e8075b2b3ac4d6", "ending": "78"}}','2026-11-29 23:22:56.000000','2026-11-29 23:22:57.131238','2026-11-29 23:22:57.208212','processed',1,'',0);
INSERT INTO "deliveries" VALUES(7,'EV_acLNd3hFg4mB','livekit','track_published','01a2299e62e57075a8e5687d81e893f0','{"event": "track_published", "id": "EV_acLNd3hFg4mB", "createdAt": "1795994577", "room": {"sid": "RM_sD6jZLhXchVC", "name": "01a2299e-62e5-7075-a8e5-687d81e893f0"}, "track": {"sid": "TR_AMpeLPvqKvRJEa", "source": "MICROPHONE"}, "participant": {"sid": "PA_pj9oJNGEYh9u", "attributes": {}}}','2026-11-29 23:22:57.000000','2026-11-29 23:22:57.295529','2026-11-29 23:22:57.295529','processed',0,'',0);
INSERT INTO "deliveries" VALUES(8,'EV_2bv3AYSJBY3n','livekit','room_started','01a2299e6b3b7438939bc887447556c1','{"event": "room_started", "id": "EV_2bv3AYSJBY3n", "createdAt": "1795994577", "room": {"sid": "RM_EgnJr27fn9vK", "name": "01a2299e-6b3b-7438-939b-c887447556c1", "creationTime": "1795994577"}}','2026-11-29 23:22:57.000000','2026-11-29 23:22:57.759845','2026-11-29 23:22:57.866452','processed',1,'',0);
INSERT INTO "deliveries" VALUES(9,'EV_ebyfCorEmRuQ','livekit','participant_joined','01a2299e6b3b7438939bc887447556c1','{"event": "participant_joined", "id": "EV_ebyfCorEmRuQ", "createdAt": "1795994577", "room": {"sid": "RM_EgnJr27fn9vK", "name": "01a2299e-6b3b-7438-939b-c887447556c1", "creationTime": "1795994577"}, "participant": {"sid": "PA_QZfByu46A7pJ", "identity": "web", "state": "ACTIVE", "joinedAt": "1795994577", "attributes": {}}}','2026-11-29 23:22:57.000000','2026-11-29 23:22:57.813270','2026-11-29 23:22:57.869102','processed',1,'',0);
INSERT INTO "deliveries" VALUES(10,'EV_QB9RLaXMEEDm','livekit','track_published','01a2299e6b3b7438939bc887447556c1','{"event": "track_published", "id": "EV_QB9RLaXMEEDm", "createdAt": "1795994577", "room": {"sid": "RM_EgnJr27fn9vK", "name": "01a2299e-6b3b-7438-939b-c887447556c1"}, "track": {"sid": "TR_AMa6r53jurqTR8", "source": "MICROPHONE"}, "participant": {"sid": "PA_QZfByu46A7pJ", "identity": "web", "attributes": {}}}','2026-11-29 23:22:57.000000','2026-11-29 23:22:57.888631','2026-11-29 23:22:57.888631','processed',0,'',0);
INSERT INTO "deliveries" VALUES(11,'EV_4LtPvuSmQuf6','livekit','participant_joined','01a2299e6b3b7438939bc887447556c1','{"event": "participant_joined", "id": "EV_4LtPvuSmQuf6", "createdAt": "1795994578", "room": {"sid": "RM_EgnJr27fn9vK", "name": "01a2299e-6b3b-7438-939b-c887447556c1", "creationTime": "1795994577", "numParticipants": 1}, "participant": {"sid": "PA_QTM2XWBzusUb", "kind": "SIP", "state": "ACTIVE", "joinedAt": "1795994578", "attributes": {"sip.callID": "SCL_iKB8H9KTBvxC", "sip.trunkID": "ST_KNYVADKezapo", "sip.ruleID": "SDR_X5xnbmLKfivR", "sip.callStatus": "active"}, "caller": "ae07d67e66f6432e", "ending": "12"}}','2026-11-29 23:22:58.000000','2026-11-29 23:22:58.187413','2026-11-29 23:22:58.283322','processed',1,'',0);
INSERT INTO "deliveries" VALUES(12,'EV_6rTVtCeZQtYp','livekit','track_published','01a2299e6b3b7438939bc887447556c1','{"event": "track_published", "id": "EV_6rTVtCeZQtYp", "createdAt": "1795994578", "room": {"sid": "RM_EgnJr27fn9vK", "name": "01a2299e-6b3b-7438-939b-c887447556c1"}, "track": {"sid": "TR_AMHm4CzczpVXZi", "source": "MICROPHONE"}, "participant": {"sid": "PA_QTM2XWBzusUb", "attributes": {}}}','2026-11-29 23:22:58.000000','2026-11-29 23:22:58.260111','2026-11-29 23:22:58.260111','processed',0,'',0);
INSERT INTO "deliveries" VALUES(13,'EV_vyvC4eLFZv3y','livekit','room_started','01a2299e6ed074c4adfd78f7c73e735e','{"event": "room_started", "id": "EV_vyvC4eLFZv3y", "createdAt": "1795994578", "room": {"sid": "RM_s5CzAufuGiLj", "name": "01a2299e-6ed0-74c4-adfd-78f7c73e735e", "creationTime": "1795994578"}}','2026-11-29 23:22:58.000000','2026-11-29 23:22:58.673229',NULL,'stored',0,'',0);
INSERT INTO "deliveries" VALUES(14,'EV_kDTcHJDWpdum','livekit','participant_joined','01a2299e6ed074c4adfd78f7c73e735e','{"event": "participant_joined", "id": "EV_kDTcHJDWpdum", "createdAt": "1795994578", "room": {"sid": "RM_s5CzAufuGiLj", "name": "01a2299e-6ed0-74c4-adfd-78f7c73e735e", "creationTime": "1795994578"}, "participant": {"sid": "PA_Wk3bULTnxind", "identity": "web", "state": "ACTIVE", "joinedAt": "1795994578", "attributes": {}}}','2026-11-29 23:22:58.000000','2026-11-29 23:22:58.716533',NULL,'stored',0,'',0);
CREATE TABLE diagnoses (
	id INTEGER NOT NULL, 
	read_at DATETIME NOT NULL, 
	outages INTEGER NOT NULL, 
	errors INTEGER NOT NULL, 
	warnings INTEGER NOT NULL, 
	notes INTEGER NOT NULL, 
	CONSTRAINT pk_diagnoses PRIMARY KEY (id)
);
CREATE TABLE due_work (
	kind VARCHAR(64) NOT NULL, 
	payload JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	attempts INTEGER NOT NULL, 
	problem TEXT NOT NULL, 
	done_at DATETIME, 
	gave_up_at DATETIME, 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_due_work PRIMARY KEY (id)
);
INSERT INTO "due_work" VALUES('lobby.announce','{"room_id": "01a2299e-62e5-7075-a8e5-687d81e893f0"}','2026-11-29 23:22:56.679937','2026-11-29 23:22:56.666232',0,'',NULL,NULL,'01a2299e672775038e7a2bb1c676a113');
INSERT INTO "due_work" VALUES('lobby.announce','{"room_id": "01a2299e-62e5-7075-a8e5-687d81e893f0"}','2026-11-29 23:22:57.116386','2026-11-29 23:22:57.116073',0,'',NULL,NULL,'01a2299e68dc70259621470bec66ed31');
INSERT INTO "due_work" VALUES('lobby.announce','{"room_id": "01a2299e-62e5-7075-a8e5-687d81e893f0"}','2026-11-29 23:22:57.696706','2026-11-29 23:22:57.696311',0,'',NULL,NULL,'01a2299e6b2072e9a735123aaeada5cf');
INSERT INTO "due_work" VALUES('telephony.end_old_pin','{"room_id": "01a2299e-62e5-7075-a8e5-687d81e893f0"}','2026-11-29 23:22:58.401160','2026-11-29 23:37:58.400850',0,'',NULL,NULL,'01a2299e6de174199a2aba88a5dbad0f');
INSERT INTO "due_work" VALUES('telephony.move_rooms','{"move_id": "01a2299e-6eb5-7758-813d-5823888abb5e"}','2026-11-29 23:22:58.626828','2026-11-29 23:22:58.613980',0,'',NULL,NULL,'01a2299e6ec274c68627be9b328954e9');
INSERT INTO "due_work" VALUES('recordings.delete','{"recording_id": "01a2299e-6ec3-7663-b75d-9343d15b9187"}','2026-11-29 23:22:58.629853','2026-11-29 23:22:58.629435',0,'',NULL,NULL,'01a2299e6ec577a699688a4df791cfd4');
INSERT INTO "due_work" VALUES('telephony.follow','{"room_id": "01a2299e-62e5-7075-a8e5-687d81e893f0"}','2026-11-29 23:22:58.639095','2026-11-29 23:22:58.638884',0,'',NULL,NULL,'01a2299e6ecf738c8f5144488a6e96bc');
INSERT INTO "due_work" VALUES('lobby.announce','{"room_id": "01a2299e-62e5-7075-a8e5-687d81e893f0"}','2026-11-29 23:22:58.639398','2026-11-29 23:22:58.639270',0,'',NULL,NULL,'01a2299e6ecf738c8f51444933627327');
INSERT INTO "due_work" VALUES('telephony.repair','{"run_id": "01a2299e-6fc5-7467-b227-9b92940d2b40"}','2026-11-29 23:22:58.895932','2026-11-29 23:23:28.895359',0,'',NULL,NULL,'01a2299e6fcf709cb130c70a95f0ebf7');
CREATE TABLE leases (
	name TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	until DATETIME NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
INSERT INTO "leases" VALUES('hooks:01a2299e-62e5-7075-a8e5-687d81e893f0','428199593145dfe3','2026-11-29 23:22:56.406040');
INSERT INTO "leases" VALUES('room:01a2299e-62e5-7075-a8e5-687d81e893f0','419e755d8d1f1a8f','2026-11-29 23:22:57.536507');
INSERT INTO "leases" VALUES('trunk:ST_KNYVADKezapo','d299077e56035e0f','2026-11-29 23:22:57.768977');
INSERT INTO "leases" VALUES('hooks:01a2299e-6b3b-7438-939b-c887447556c1','7fae3faa529dd3b0','2026-11-29 23:22:57.354194');
INSERT INTO "leases" VALUES('room:01a2299e-6b3b-7438-939b-c887447556c1','0749fe82718d70ca','2026-11-29 23:22:57.353006');
INSERT INTO "leases" VALUES('room:01a2299e-6ed0-74c4-adfd-78f7c73e735e','99f7ce1393a269e8','2026-11-29 23:22:57.781447');
CREATE TABLE "lobby_entries" (
	room_id CHAR(32) NOT NULL, 
	bearer_hash TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	user_id CHAR(32), 
	asked_at DATETIME NOT NULL, 
	polled_at DATETIME NOT NULL, 
	decided_at DATETIME, 
	decided_by_id CHAR(32), 
	id CHAR(32) NOT NULL, 
	sip_call_id VARCHAR(128), 
	end_reason TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_lobby_entries PRIMARY KEY (id), 
	CONSTRAINT uq_lobby_entries_bearer_hash UNIQUE (bearer_hash), 
	CONSTRAINT fk_lobby_entries_decided_by_id_users FOREIGN KEY(decided_by_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT fk_lobby_entries_room_id_rooms FOREIGN KEY(room_id) REFERENCES rooms (id) ON DELETE CASCADE, 
	CONSTRAINT fk_lobby_entries_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT uq_lobby_entries_sip_call_id UNIQUE (sip_call_id)
);
INSERT INTO "lobby_entries" VALUES('01a2299e62e57075a8e5687d81e893f0','16b500901769701f63a7182a0b9a4d4dc41487d0a7dd6d71bc336f20c4c20bad','caller-abe0434781c9025fa73bdf50','34','phone','waiting',NULL,'2026-11-29 23:22:56.663655','2026-11-29 23:22:56.689393',NULL,NULL,'01a2299e673174b6b1a598cc044e4043','SCL_FAPtW8NBeP4b','');
INSERT INTO "lobby_entries" VALUES('01a2299e62e57075a8e5687d81e893f0','e37985ed0a1087c0e5a738d5641306604dd3a5215c111fea16eb404f6ebd57b9','caller-426fed254ef20f07acf5009a','78','phone','accepted',NULL,'2026-11-29 23:22:57.094111','2026-11-29 23:22:57.116629','2026-11-29 23:22:57.561318','01a2299e630870fe911ded99fb667190','01a2299e68dc70259621470c68ba2455','SCL_9qjnbhGbcvES','');
INSERT INTO "lobby_entries" VALUES('01a2299e62e57075a8e5687d81e893f0','6f56399217b3e3bd4306b084db0129789405e12259d4a5e6b5567fb0f0c4effd','guest-7a557db09b7723f73d21eb5c','Lotte Brandvold','web','waiting',NULL,'2026-11-29 23:22:57.694607','2026-11-29 23:22:57.697727',NULL,NULL,'01a2299e6b2176adb65857c7718e4993',NULL,'');
CREATE TABLE moved_rooms (
	move_id CHAR(32) NOT NULL, 
	room_id CHAR(32) NOT NULL, 
	result VARCHAR(32) NOT NULL, 
	problem VARCHAR(64) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_moved_rooms PRIMARY KEY (move_id, room_id), 
	CONSTRAINT fk_moved_rooms_move_id_trunk_moves FOREIGN KEY(move_id) REFERENCES trunk_moves (id) ON DELETE CASCADE
);
CREATE TABLE old_slugs (
	slug VARCHAR(100) NOT NULL, 
	room_id CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_old_slugs PRIMARY KEY (slug), 
	CONSTRAINT fk_old_slugs_room_id_rooms FOREIGN KEY(room_id) REFERENCES rooms (id) ON DELETE CASCADE
);
CREATE TABLE periodic_jobs (
	name VARCHAR(64) NOT NULL, 
	next_at DATETIME NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	succeeded_at DATETIME, 
	runs INTEGER NOT NULL, 
	failures INTEGER NOT NULL, 
	problem TEXT NOT NULL, 
	CONSTRAINT pk_periodic_jobs PRIMARY KEY (name)
);
CREATE TABLE phone_pins (
	trunk_id VARCHAR(64) NOT NULL, 
	pin VARCHAR(16) NOT NULL, 
	room_id CHAR(32) NOT NULL, 
	assigned_at DATETIME NOT NULL, 
	blocked_until DATETIME, 
	CONSTRAINT pk_phone_pins PRIMARY KEY (trunk_id, pin), 
	CONSTRAINT ck_phone_pins_digits CHECK (ltrim(pin, '0123456789') = '')
);
INSERT INTO "phone_pins" VALUES('ST_KNYVADKezapo','73000001','01a2299e62e57075a8e5687d81e893f0','2026-11-29 23:22:55.604091','2026-12-29 23:37:58.381316');
INSERT INTO "phone_pins" VALUES('ST_KNYVADKezapo','73000002','01a2299e6b3b7438939bc887447556c1','2026-11-29 23:22:57.723891',NULL);
INSERT INTO "phone_pins" VALUES('ST_KNYVADKezapo','8834414932','01a2299e62e57075a8e5687d81e893f0','2026-11-29 23:22:58.398533',NULL);
INSERT INTO "phone_pins" VALUES('ST_LYrXjw9UWWhq','73000003','01a2299e6e817028b3d721c22002c5ea','2026-11-29 23:22:58.561890',NULL);
INSERT INTO "phone_pins" VALUES('ST_KNYVADKezapo','73000004','01a2299e6ed074c4adfd78f7c73e735e','2026-11-29 23:22:58.640488',NULL);
CREATE TABLE probes (
	name VARCHAR(64) NOT NULL, 
	works BOOLEAN NOT NULL, 
	learnt_at DATETIME NOT NULL, 
	CONSTRAINT pk_probes PRIMARY KEY (name)
);
INSERT INTO "probes" VALUES('remote_unmute',1,'2026-11-29 23:22:56.309747');
CREATE TABLE recordings (
	room_id CHAR(32) NOT NULL, 
	mode VARCHAR(32) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	egress_id VARCHAR(64), 
	"key" TEXT NOT NULL, 
	problem TEXT NOT NULL, 
	started_by_id CHAR(32), 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	looked_at DATETIME, 
	duration_ms BIGINT, 
	size BIGINT, 
	stored_at DATETIME, 
	retention_days INTEGER, 
	expires_at DATETIME, 
	removed_at DATETIME, 
	deleting_at DATETIME, 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_recordings PRIMARY KEY (id), 
	CONSTRAINT fk_recordings_room_id_rooms FOREIGN KEY(room_id) REFERENCES rooms (id), 
	CONSTRAINT fk_recordings_started_by_id_users FOREIGN KEY(started_by_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT uq_recordings_egress_id UNIQUE (egress_id)
);
INSERT INTO "recordings" VALUES('01a2299e62e57075a8e5687d81e893f0','video','saved','EG_old','recordings/01a2299e-6ec3-7663-b75d-9343d15b9187.mp4','',NULL,'2026-11-29 23:22:58.628346',NULL,NULL,NULL,1000,1,'2026-11-29 23:22:58.627107',NULL,NULL,NULL,'2026-11-29 23:22:58.629337','01a2299e6ec37663b75d9343d15b9187');
CREATE TABLE repair_items (
	run_id CHAR(32) NOT NULL, 
	position INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	fact JSON NOT NULL, 
	result VARCHAR(32) NOT NULL, 
	problem VARCHAR(64) NOT NULL, 
	done_at DATETIME, 
	CONSTRAINT pk_repair_items PRIMARY KEY (run_id, position), 
	CONSTRAINT fk_repair_items_run_id_repair_runs FOREIGN KEY(run_id) REFERENCES repair_runs (id) ON DELETE CASCADE
);
INSERT INTO "repair_items" VALUES('01a2299e6fc57467b2279b92940d2b40',1,'missing~01a2299e-6ed0-74c4-adfd-78f7c73e735e','{"kind": "missing", "room": "01a2299e-6ed0-74c4-adfd-78f7c73e735e", "trunk": "ST_KNYVADKezapo"}','waiting','',NULL);
CREATE TABLE repair_runs (
	scope VARCHAR(64) NOT NULL, 
	ticket VARCHAR(64) NOT NULL, 
	started_by_id CHAR(32), 
	started_at DATETIME NOT NULL, 
	stopped_at DATETIME, 
	ended_at DATETIME, 
	problem TEXT NOT NULL, 
	total INTEGER NOT NULL, 
	done INTEGER NOT NULL, 
	already_so INTEGER NOT NULL, 
	failed INTEGER NOT NULL, 
	skipped INTEGER NOT NULL, 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_repair_runs PRIMARY KEY (id), 
	CONSTRAINT fk_repair_runs_started_by_id_users FOREIGN KEY(started_by_id) REFERENCES users (id) ON DELETE SET NULL
);
INSERT INTO "repair_runs" VALUES('all','INC1','01a2299e6fc275d4b7e3d1f7946d5f99','2026-11-29 23:22:58.885271',NULL,NULL,'',1,0,0,0,0,'01a2299e6fc57467b2279b92940d2b40');
CREATE TABLE room_callbacks (
	callback_hash TEXT NOT NULL, 
	room_id CHAR(32) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_room_callbacks PRIMARY KEY (callback_hash), 
	CONSTRAINT fk_room_callbacks_room_id_rooms FOREIGN KEY(room_id) REFERENCES rooms (id) ON DELETE CASCADE
);
CREATE TABLE rooms (
	name VARCHAR(500) NOT NULL, 
	slug VARCHAR(100) NOT NULL, 
	access_level VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by_id CHAR(32), 
	last_used_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	phone_enabled BOOLEAN NOT NULL, 
	hide_phone_number BOOLEAN NOT NULL, 
	trunk_id VARCHAR(64) NOT NULL, 
	pin VARCHAR(16), 
	sip_dispatch_rule_id VARCHAR(64), 
	rule_fingerprint TEXT NOT NULL, 
	rule_changed_at DATETIME, 
	rule_problem TEXT NOT NULL, 
	reconcile_at DATETIME, 
	live_since DATETIME, 
	live_sid TEXT NOT NULL, 
	web_count INTEGER NOT NULL, 
	phone_count INTEGER NOT NULL, 
	last_event_at DATETIME, 
	queue_version INTEGER NOT NULL, 
	id CHAR(32) NOT NULL, old_pin VARCHAR(16), old_pin_until DATETIME, old_sip_dispatch_rule_id VARCHAR(64), old_rule_fingerprint TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_rooms PRIMARY KEY (id), 
	CONSTRAINT fk_rooms_created_by_id_users FOREIGN KEY(created_by_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT fk_rooms_pin FOREIGN KEY(trunk_id, pin) REFERENCES phone_pins (trunk_id, pin), 
	CONSTRAINT uq_rooms_slug UNIQUE (slug), 
	CONSTRAINT uq_rooms_trunk_id_pin UNIQUE (trunk_id, pin)
);
INSERT INTO "rooms" VALUES('Housing committee','hcm-rxqt-bdw','restricted','2026-11-29 23:22:55.589762',NULL,'2026-11-29 23:22:56.010577',NULL,1,1,'ST_KNYVADKezapo','8834414932','SDR_4nnimvimSmQe','a5ba15d255cdcda9ee612f6d66d7b1f0857249c10c48daac8a8fcd5da3a5bfdd','2026-11-29 23:22:58.520544','',NULL,'2026-11-29 23:22:55.000000','RM_sD6jZLhXchVC',1,2,'2026-11-29 23:22:56.000000',8,'01a2299e62e57075a8e5687d81e893f0','73000001','2026-11-29 23:37:58.398419','SDR_jkgr6eDDHSSK','44586d5e102b6dd4562200f52f96ee429fff3ea85b6e03660797f3e4b81f4941');
INSERT INTO "rooms" VALUES('Harbour hearing','hrb-abcd-efg','public','2026-11-29 23:22:57.723208',NULL,'2026-11-29 23:22:57.950649',NULL,1,1,'ST_KNYVADKezapo','73000002','SDR_X5xnbmLKfivR','fbe33a338eedff5dc7685944d9109d1a73d4a65688936f55bde3b63b58d6f820','2026-11-29 23:22:58.025136','',NULL,'2026-11-29 23:22:57.000000','RM_EgnJr27fn9vK',1,1,'2026-11-29 23:22:58.000000',1,'01a2299e6b3b7438939bc887447556c1',NULL,NULL,NULL,'');
INSERT INTO "rooms" VALUES('Budget hearing','bdg-abcd-efg','restricted','2026-11-29 23:22:58.561405',NULL,'2026-11-29 23:22:58.561408',NULL,1,1,'ST_LYrXjw9UWWhq','73000003',NULL,'',NULL,'',NULL,NULL,'',0,0,NULL,0,'01a2299e6e817028b3d721c22002c5ea',NULL,NULL,NULL,'');
INSERT INTO "rooms" VALUES('Lost rule','lst-abcd-efg','restricted','2026-11-29 23:22:58.640118',NULL,'2026-11-29 23:22:58.738777',NULL,1,1,'ST_KNYVADKezapo','73000004','SDR_VNBTQuQhedJ4','8e0241b79a46653d6eabe4925170b0b3cee2ade963680fdfdf1df8ff5fef14f4','2026-11-29 23:22:58.769864','',NULL,'2026-11-29 23:22:58.000000','',1,0,NULL,0,'01a2299e6ed074c4adfd78f7c73e735e',NULL,NULL,NULL,'');
CREATE TABLE trunk_moves (
	source VARCHAR(64) NOT NULL, 
	target VARCHAR(64) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	total INTEGER NOT NULL, 
	kept INTEGER NOT NULL, 
	renewed INTEGER NOT NULL, 
	failed INTEGER NOT NULL, 
	quota JSON NOT NULL, 
	"after" VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	started_by_id CHAR(32), 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_trunk_moves PRIMARY KEY (id), 
	CONSTRAINT fk_trunk_moves_started_by_id_users FOREIGN KEY(started_by_id) REFERENCES users (id) ON DELETE SET NULL
);
INSERT INTO "trunk_moves" VALUES('ST_LYrXjw9UWWhq','ST_KNYVADKezapo','running',1,0,0,0,'{"ST_LYrXjw9UWWhq": 1}','','2026-11-29 23:22:58.613383',NULL,'01a2299e6eb37228a44c41c4f49290f2','01a2299e6eb57758813d5823888abb5e');
CREATE TABLE trunks (
	sip_trunk_id VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	number TEXT NOT NULL, 
	assignable BOOLEAN NOT NULL, 
	room_count INTEGER NOT NULL, 
	guard_rule_id VARCHAR(64), 
	guard_problem TEXT NOT NULL, 
	seen_at DATETIME NOT NULL, 
	gone_at DATETIME, 
	CONSTRAINT pk_trunks PRIMARY KEY (sip_trunk_id)
);
INSERT INTO "trunks" VALUES('ST_KNYVADKezapo','Harbour','+15550001',1,0,'SDR_C7MJgh8StpC7','','2026-11-29 23:22:55.571559',NULL);
INSERT INTO "trunks" VALUES('ST_LYrXjw9UWWhq','Harbour','+15550002',1,0,NULL,'','2026-11-29 23:22:58.560110',NULL);
CREATE TABLE user_sessions (
	token_hash TEXT NOT NULL, 
	user_id CHAR(32) NOT NULL, 
	id_token TEXT NOT NULL, 
	browser TEXT NOT NULL, 
	address TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_user_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_user_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_user_sessions_token_hash UNIQUE (token_hash)
);
INSERT INTO "user_sessions" VALUES('b90a1817ed15a1bed1b10327a7c32cb1e1852d2fcb75162fc8f609cb2a9ba06d','01a2299e630870fe911ded99fb667190','','','','2026-11-29 23:22:57.502688','2026-11-29 23:22:57.502693','2026-11-30 11:22:57.488600','01a2299e6a5e76fab830e1991c169524');
CREATE TABLE users (
	sub TEXT, 
	email TEXT NOT NULL, 
	full_name TEXT NOT NULL, 
	short_name TEXT NOT NULL, 
	language TEXT NOT NULL, 
	timezone TEXT NOT NULL, 
	theme TEXT NOT NULL, 
	staff VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_sign_in_at DATETIME, 
	disabled_at DATETIME, 
	id CHAR(32) NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_sub UNIQUE (sub)
);
INSERT INTO "users" VALUES('sub-owner','owner@frontdesk.example','Owner Person','Owner','en','','','none','2026-11-29 23:22:55.624921','2026-11-29 23:22:57.488731',NULL,'01a2299e630870fe911ded99fb667190');
INSERT INTO "users" VALUES('sub-administrator','administrator@frontdesk.example','Administrator Person','Administrator','en','','','none','2026-11-29 23:22:55.637925',NULL,NULL,'01a2299e6315753fb463e12f3b304780');
INSERT INTO "users" VALUES('sub-admin','admin@frontdesk.example','Admin Person','Admin','en','','','admin','2026-11-29 23:22:58.611860',NULL,NULL,'01a2299e6eb37228a44c41c4f49290f2');
INSERT INTO "users" VALUES('sub-support','support@frontdesk.example','Support Person','Support','en','','','support','2026-11-29 23:22:58.882898',NULL,NULL,'01a2299e6fc275d4b7e3d1f7946d5f99');
CREATE INDEX ix_deliveries_room_id_id ON deliveries (room_id, id);
CREATE INDEX ix_deliveries_stored ON deliveries (id) WHERE result IN ('stored', 'failed');
CREATE INDEX ix_due_work_open ON due_work (due_at) WHERE done_at IS NULL AND gave_up_at IS NULL;
CREATE INDEX ix_due_work_gave_up ON due_work (gave_up_at) WHERE gave_up_at IS NOT NULL;
CREATE INDEX ix_phone_pins_blocked_until ON phone_pins (blocked_until);
CREATE INDEX ix_phone_pins_room_id ON phone_pins (room_id);
CREATE INDEX ix_users_email ON users (email);
CREATE UNIQUE INDEX uq_users_pending_email ON users (email) WHERE sub IS NULL;
CREATE INDEX ix_audit_entries_action_id ON audit_entries (action, id);
CREATE INDEX ix_audit_entries_room_id_id ON audit_entries (room_id, id);
CREATE INDEX ix_audit_entries_user_id_id ON audit_entries (user_id, id);
CREATE INDEX ix_rooms_due ON rooms (reconcile_at) WHERE reconcile_at IS NOT NULL;
CREATE INDEX ix_rooms_last_used_at_id ON rooms (last_used_at, id);
CREATE INDEX ix_rooms_live ON rooms (live_since) WHERE live_since IS NOT NULL;
CREATE INDEX ix_rooms_name_id ON rooms (name, id);
CREATE INDEX ix_rooms_sip_dispatch_rule_id ON rooms (sip_dispatch_rule_id);
CREATE INDEX ix_rooms_trunk_id ON rooms (trunk_id);
CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id);
CREATE INDEX ix_accesses_room_id ON accesses (room_id);
CREATE INDEX ix_accesses_user_id_room_id ON accesses (user_id, room_id) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX uq_accesses_open ON accesses (room_id, user_id) WHERE revoked_at IS NULL;
CREATE INDEX ix_old_slugs_room_id ON old_slugs (room_id);
CREATE INDEX ix_recordings_expires_at ON recordings (expires_at);
CREATE INDEX ix_recordings_room_id_id ON recordings (room_id, id);
CREATE INDEX ix_recordings_unremoved ON recordings (expires_at) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX uq_recordings_running ON recordings (room_id) WHERE state IN ('starting', 'active', 'stopping');
CREATE INDEX ix_room_callbacks_expires_at ON room_callbacks (expires_at);
CREATE INDEX ix_call_questions_session_id ON call_questions (session_id);
CREATE INDEX ix_calls_came_at_id ON calls (came_at, id);
CREATE INDEX ix_calls_room_id ON calls (room_id);
CREATE INDEX ix_calls_caller ON calls (caller, id) WHERE caller <> '';
CREATE INDEX ix_lobby_entries_waiting ON lobby_entries (room_id, id) WHERE status = 'waiting';
CREATE INDEX ix_lobby_entries_decided ON lobby_entries (room_id, decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX ix_repair_items_run_id_result_position ON repair_items (run_id, result, position);
CREATE UNIQUE INDEX uq_trunk_moves_running ON trunk_moves (state) WHERE state = 'running';
CREATE INDEX ix_rooms_old_pin ON rooms (old_pin_until) WHERE old_pin_until IS NOT NULL;
CREATE INDEX ix_calls_inside ON calls (participant_sid) WHERE left_at IS NULL;
CREATE INDEX ix_calls_hold_ms ON calls (id) WHERE hold_ms IS NOT NULL;
COMMIT;
