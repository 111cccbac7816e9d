#![allow(clippy::unwrap_used)]
use super::*;
use encoding_rs::SHIFT_JIS;
use serde_json::json;

const CSV: &str = "社員番号,氏名,メールアドレス,在籍状況,退職日\n\
                   001234,髙橋①,Taka@example.jp,退職済み,令和8年3月31日\n\
                   ００１２３５,﨑山,saki@example.jp,在職中,\n";

fn read(text: &str) -> Roster {
    parse("r.csv", None, text.as_bytes(), &RosterOptions::default())
}

fn options(parameters: &Value) -> RosterOptions {
    RosterOptions::from_parameters(parameters).unwrap()
}

#[test]
fn the_same_rows_from_every_encoding() {
    let cp932 = SHIFT_JIS.encode(CSV).0.into_owned();
    assert!(std::str::from_utf8(&cp932).is_err());
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(CSV.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [&[0xef, 0xbb, 0xbf], CSV.as_bytes()].concat();
    let plain = read(CSV);
    assert_eq!(plain.errors, []);
    assert_eq!(plain.rows.len(), 2);
    for (bytes, encoding) in [(cp932, "CP932"), (utf16, "UTF-16LE"), (marked, "UTF-8")] {
        let roster = parse("r.csv", None, &bytes, &RosterOptions::default());
        assert_eq!((roster.rows, roster.encoding), (plain.rows.clone(), Some(encoding)));
    }
}

#[test]
fn a_row_as_the_contract_shows_it() {
    let roster =
        parse("s3://b/k", "2026-11-22T18:00:00Z".parse().ok(), CSV.as_bytes(), &RosterOptions::default());
    let value = serde_json::to_value(&roster).unwrap();
    assert_eq!(value["source"], "s3://b/k");
    assert_eq!(value["last_modified"], "2026-11-22T18:00:00.000Z");
    assert_eq!(
        value["rows"],
        json!([
            {"line": 2, "employee_id": "001234", "user_name": null, "email": "Taka@example.jp", "status": "left",
             "status_text": "退職済み", "retired_on": "2026-03-31"},
            {"line": 3, "employee_id": "001235", "user_name": null, "email": "saki@example.jp", "status": "active",
             "status_text": "在職中", "retired_on": null},
        ])
    );
}

#[test]
fn a_broken_row_is_named_and_the_others_are_read() {
    let roster = read("社員番号,在籍状況,退職日\n1,退職,2026/13/1\n2,在職中,\n3,行方不明,\n,在職,\n5,在職\n");
    let ids: Vec<_> = roster.rows.iter().filter_map(|row| row.employee_id.clone()).collect();
    assert_eq!(ids, ["2"]);
    let places: Vec<_> =
        roster.errors.iter().map(|e| (e.line.unwrap(), e.column.clone().unwrap_or_default())).collect();
    let expected = [(2, "退職日"), (4, "在籍状況"), (5, ""), (6, "")];
    assert_eq!(places, expected.map(|(line, column)| (line, column.to_owned())));
}

#[test]
fn a_byte_that_is_no_text_is_an_error_of_its_row_only_where_it_is_read() {
    let text = "社員番号,氏名,在籍状況\n1,x,在職\n2,y,在職\n";
    let mut bytes = SHIFT_JIS.encode(text).0.into_owned();
    let at = bytes.iter().position(|b| *b == b'x').unwrap();
    bytes[at] = 0xfd;
    let name_broken = parse("r", None, &bytes, &RosterOptions::default());
    assert_eq!((name_broken.rows.len(), name_broken.errors.len()), (2, 0), "names are not read");
    let at = bytes.iter().position(|b| *b == b'2').unwrap();
    bytes[at] = 0xfd;
    let id_broken = parse("r", None, &bytes, &RosterOptions::default());
    assert_eq!(id_broken.errors[0].column.as_deref(), Some("社員番号"));
    assert_eq!((id_broken.rows.len(), id_broken.errors[0].line), (1, Some(3)));
}

#[test]
fn line_numbers_are_right_behind_a_quoted_line_break() {
    let roster = read("employee_id,note,status\n1,\"two\nlines\",active\n2,x,gone\n");
    assert_eq!(roster.errors[0].line, Some(4));
}

#[test]
fn tabs_semicolons_and_json() {
    for text in [
        "employee_id\tstatus\n7\tleft\n",
        "employee_id;status\n7;left\n",
        r#"[{"employee_id": 7, "status": "left", "other": {"a": 1}}]"#,
    ] {
        let roster = read(text);
        assert_eq!(roster.errors, [], "{text}");
        assert_eq!((roster.rows[0].employee_id.as_deref(), roster.rows[0].status), (Some("7"), Some("left")));
    }
}

#[test]
fn columns_by_map_and_by_their_usual_names() {
    let parameters = json!({"rosterColumns": {"employee_id": "番号", "retired_on": "区切り日"}});
    let roster = parse("r", None, "番号,区切り日\n7,R8.3.31\n".as_bytes(), &options(&parameters));
    assert_eq!(roster.rows[0].retired_on.as_deref(), Some("2026-03-31"));
    let missing = parse("r", None, "社員番号,状態\n7,在職\n".as_bytes(), &options(&parameters));
    assert!(missing.errors[0].msg.contains("no column \"番号\""), "{missing:?}");
}

#[test]
fn what_cannot_be_a_roster_says_why() {
    for (text, why) in [
        ("", "empty"),
        ("\n\n", "empty"),
        ("社員番号,在籍状況\n", "empty"),
        ("[]", "empty"),
        ("氏名,在籍状況\nx,在職\n", "no column with an employee number"),
        ("社員番号,氏名\n1,x\n", "no column with the state of employment"),
        ("[{\"a\": }]", "not a JSON array"),
    ] {
        let roster = read(text);
        assert!(roster.rows.is_empty(), "{text}");
        assert!(roster.errors[0].msg.contains(why), "{text}: {:?}", roster.errors);
    }
}

#[test]
fn an_encoding_that_is_asked_for_and_not_there_is_an_error() {
    let utf16 = options(&json!({"rosterEncoding": "utf-16"}));
    assert!(parse("r", None, CSV.as_bytes(), &utf16).errors[0].msg.contains("utf-16"));
    assert!(RosterOptions::from_parameters(&json!({"rosterEncoding": "ebcdic"})).is_err());
    assert!(RosterOptions::from_parameters(&json!({"rosterColumns": {"name": "氏名"}})).is_err());
}

fn people(roster: &Roster) -> Vec<(usize, &str, Option<&str>)> {
    roster.rows.iter().map(|row| (row.line, row.employee_id.as_deref().unwrap_or(""), row.status)).collect()
}

fn lines(roster: &Roster) -> Vec<Option<usize>> {
    roster.errors.iter().map(|error| error.line).collect()
}

#[test]
fn nobody_is_lost_behind_a_stray_quote_without_a_word() {
    let open = read("employee_id,status,note\n1,active,\"oops\n2,left,x\n3,left,y\n");
    assert_eq!((people(&open), lines(&open)), (vec![], vec![Some(2)]));
    assert!(open.errors[0].msg.contains("lines 2 to 4"), "{:?}", open.errors);
    let two = read("employee_id,status,note\n1,active,\"oops\n2,left,x\n3,left,\"y\n4,left,z\n");
    assert_eq!((people(&two), lines(&two)), (vec![(5, "4", Some("left"))], vec![Some(2)]));
    let fine = read("employee_id,note,status\n1,\"say \"\"x\"\", a\" ,left\n2,5\" disk,left\n3,\"\",left\n");
    assert_eq!((people(&fine).len(), fine.errors), (3, vec![]));
}

#[test]
fn line_numbers_are_those_of_the_file_whatever_ends_its_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "\n\nemployee_id,note,status\n1,\"two\nlines\",left\n\n2,x,gone\n,,\n3,x,left\n"
            .replace('\n', end);
        let roster = read(&text);
        assert_eq!(people(&roster), [(4, "1", Some("left")), (9, "3", Some("left"))], "{end:?}");
        assert_eq!(lines(&roster), [Some(7)], "{end:?}");
        let header = read(&"\n\n社員番号,氏名\n1,x\n".replace('\n', end));
        assert_eq!(lines(&header), [Some(3)], "{end:?}");
    }
}

#[test]
fn a_first_line_that_is_a_person_is_not_shown() {
    let roster = read("001234,髙橋太郎,taka@example.jp,退職\n001235,﨑山花子,saki@example.jp,在職\n");
    let error = &roster.errors[0];
    assert!(error.msg.contains("is it a header?"), "{error:?}");
    for secret in ["001234", "髙橋", "taka"] {
        assert!(!error.msg.contains(secret) && !error.msg_ja.contains(secret), "{error:?}");
    }
    let header = read("番号,氏名,区分\n1,x,在職\n");
    assert!(header.errors[0].msg.contains("the columns are: 番号, 氏名, 区分"), "{:?}", header.errors);
}

#[test]
fn of_two_columns_the_more_usual_counts_and_of_two_of_one_name_none() {
    let roster = read("社員番号,最終出社日,退職日\n1,2026-02-20,2026-03-31\n");
    assert_eq!(roster.rows[0].retired_on.as_deref(), Some("2026-03-31"));
    for text in [
        "社員番号,在籍状況,在籍状況\n1,在職,退職\n",
        r#"[{"employee_id": 1, "status": "active"}, {"employee_id": 2, "Status": "left"}]"#,
    ] {
        let roster = read(text);
        assert!(
            roster.rows.is_empty() && roster.errors[0].msg.contains("more than one column"),
            "{roster:?}"
        );
    }
}

#[test]
fn a_broken_element_of_a_json_roster_is_named_and_the_others_are_read() {
    let roster = read(
        r#"[{"employee_id": "1", "status": "left"}, 7, {"employee_id": [3], "status": "left"}, {"employee_id": "4", "status": null, "retired_on": "R8.3.31"}]"#,
    );
    assert_eq!(
        (people(&roster), lines(&roster)),
        (vec![(1, "1", Some("left")), (4, "4", None)], vec![Some(2), Some(3)])
    );
}

#[test]
fn ids_headers_and_duplicates_as_they_are_exported() {
    let roster = read("\n　ＥＭＰＬＯＹＥＥ＿ＩＤ ;在籍区分\n=\"001234\";休職中\n００１２３４;定年退職\n");
    assert_eq!(people(&roster), [(3, "001234", Some("leave")), (4, "001234", Some("left"))]);
    assert_eq!(roster.errors, []);
}

#[test]
fn an_empty_state_beside_an_empty_date_is_an_error_and_an_empty_date_alone_is_not() {
    let unclear = read("社員番号,在籍状況,退職日\n1,,\n2,,2026-03-31\n");
    assert_eq!((unclear.rows.len(), unclear.errors.len()), (1, 1), "{unclear:?}");
    assert_eq!(unclear.errors[0].line, Some(2));
    let dates_only = read("社員番号,退職日\n1,\n2,2026-03-31\n");
    assert_eq!((dates_only.rows.len(), dates_only.errors.len()), (2, 0), "{dates_only:?}");
}
