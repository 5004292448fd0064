BEGIN TRANSACTION;
CREATE TABLE action (
        number INTEGER PRIMARY KEY, platform TEXT NOT NULL, user TEXT NOT NULL, server TEXT NOT NULL,
        channel TEXT NOT NULL, what TEXT NOT NULL, outcome TEXT NOT NULL, details TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT;
INSERT INTO "action" VALUES(1,'discord','1','S','C','remove','done','{"article": "a", "passages": 3}','2026-05-03T12:00:01.000000+00:00');
CREATE TABLE feedback (
        row INTEGER PRIMARY KEY, person BLOB NOT NULL, normalised TEXT NOT NULL, verdict TEXT NOT NULL,
        question TEXT NOT NULL, article TEXT NOT NULL, sha256 TEXT NOT NULL, start INTEGER NOT NULL,
        "end" INTEGER NOT NULL, number INTEGER NOT NULL, generation INTEGER NOT NULL, platform TEXT NOT NULL,
        server TEXT NOT NULL, at TEXT NOT NULL,
        UNIQUE (person, normalised, article, sha256, start, "end")
    ) STRICT;
INSERT INTO "feedback" VALUES(1,X'91AD27935BA2094439E06768177B4900C8035A6D7A33371CED196E1EA36D2ADF','who denied it','not_an_answer','Who denied it?','a','ab',3,9,2,7,'discord','S','2026-05-03T12:00:03.000000+00:00');
CREATE TABLE message (
        key TEXT PRIMARY KEY NOT NULL, person BLOB NOT NULL, platform TEXT NOT NULL, id TEXT, fields TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT;
INSERT INTO "message" VALUES('7a7ef63b9243',X'3F6B24E8ED932EC763BA354E542D696ADE5A20C1B39B0536EB35537B3C76CF96','discord',NULL,'{"question": "Who denied it?"}','2026-05-03T12:00:04.000000+00:00');
CREATE TABLE place (
        platform TEXT NOT NULL, server TEXT NOT NULL, channel TEXT NOT NULL,
        answers INTEGER, outlets TEXT, excerpts INTEGER, private INTEGER,
        PRIMARY KEY (platform, server, channel)
    ) STRICT;
INSERT INTO "place" VALUES('discord','S','',0,'["The Paper"]',NULL,NULL);
INSERT INTO "place" VALUES('discord','S','C',NULL,'[]',5,1);
CREATE TABLE secret (bytes BLOB NOT NULL) STRICT;
INSERT INTO "secret" VALUES(X'9D3D82CB46326ACD3D858810D94E25A17D670136435CB68986DBCDFF74B61507');
CREATE TABLE unanswered (
        row INTEGER PRIMARY KEY, platform TEXT NOT NULL, server TEXT NOT NULL, normalised TEXT NOT NULL,
        question TEXT NOT NULL, reason TEXT NOT NULL, generation INTEGER NOT NULL, count INTEGER NOT NULL,
        first_asked TEXT NOT NULL, last_asked TEXT NOT NULL,
        UNIQUE (platform, server, normalised)
    ) STRICT;
INSERT INTO "unanswered" VALUES(1,'discord','S','who is it','Who is it?','nothing_near',7,1,'2026-05-03T12:00:02.000000+00:00','2026-05-03T12:00:02.000000+00:00');
CREATE TABLE withdrawal (
        article TEXT PRIMARY KEY NOT NULL, sha256 TEXT NOT NULL, platform TEXT NOT NULL, user TEXT NOT NULL,
        reason TEXT, at TEXT NOT NULL
    ) STRICT;
INSERT INTO "withdrawal" VALUES('a','ab','discord','1','asked for by the author','2026-05-03T12:00:00.000000+00:00');
CREATE TRIGGER action_no_update BEFORE UPDATE ON action BEGIN
            SELECT RAISE(ABORT, 'the audit log is append only');
        END;
CREATE TRIGGER action_no_delete BEFORE DELETE ON action BEGIN
            SELECT RAISE(ABORT, 'the audit log is append only');
        END;
CREATE TRIGGER action_no_insert BEFORE INSERT ON action WHEN EXISTS (SELECT 1 FROM action WHERE number = new.number) BEGIN
            SELECT RAISE(ABORT, 'the audit log is append only');
        END;
CREATE INDEX unanswered_by_count ON unanswered (platform, server, count, last_asked);
CREATE INDEX message_by_id ON message (platform, id);
CREATE INDEX message_by_time ON message (at);
COMMIT;
PRAGMA user_version = 1;
