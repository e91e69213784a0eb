//! What is peculiar to Jira, ServiceNow and the webhook: the requests as their documentation has them, and their own troubles.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use simulator::{Breakdown, Category, DeskFault, Dialect as Simulated, Transition};

use super::servicenow::ServiceNowLogin;
use super::suite::{Kept, client, cloud, data_center, desk, draft, jira, password, servicenow};
use super::webhook::Webhook;
use crate::failure::Fate;
use crate::letter::samples;
use crate::ports::{Draft, Mark, Standing, Tickets as _};
use crate::secret::Secrets;

fn mark() -> Mark {
    Mark("keyreeve-1".to_owned())
}

#[tokio::test]
async fn an_issue_is_created_as_jira_documents_it() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    let opened = jira(cloud(&desk, &kept)).open(&draft("keyreeve-1")).await.unwrap();
    assert_eq!((opened.id.as_str(), opened.name.as_str()), ("10001", "SEC-1"));
    assert_eq!(opened.address, Some(format!("{}/browse/SEC-1", desk.jira_url())));
    let requests = desk.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/jira/rest/api/3/issue");
    let fields = &requests[0].body["fields"];
    assert_eq!(fields["project"], json!({ "key": "SEC" }));
    assert_eq!(fields["issuetype"], json!({ "name": "Task" }));
    assert_eq!(fields["priority"], json!({ "name": "Highest" }));
    assert_eq!(fields["labels"], json!(["keyreeve-1", "kms", "has-blank"]));
    assert_eq!(fields["duedate"], "2026-11-29");
    assert_eq!(fields["summary"], "TEAM FIX: KMS.3: a key will be deleted");
    assert_eq!(fields["description"]["type"], "doc");
}

#[tokio::test]
async fn data_center_gets_wiki_text_and_its_own_search() {
    let (desk, kept) = (desk(Simulated::DataCenter).await, Kept::new("any-token"));
    let jira = jira(data_center(&desk, &kept));
    jira.open(&draft("keyreeve-1")).await.unwrap();
    jira.find(&mark(), None).await.unwrap();
    let requests = desk.requests();
    let description = requests[0].body["fields"]["description"].as_str().unwrap();
    assert!(description.starts_with("h3. What happened\n"), "{description}");
    assert_eq!(requests[1].path, "/jira/rest/api/2/search");
    assert_eq!(requests[1].body["jql"], "labels = \"keyreeve-1\" ORDER BY created ASC");
}

#[tokio::test]
async fn a_scoped_token_goes_through_the_gateway() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    let mut options = cloud(&desk, &kept);
    let gateway = super::jira::JiraOptions::gateway("11223344-a1b2-3b33-c444-def123456789");
    options.api = Some(gateway.replace("https://api.atlassian.com/", &desk.url()));
    options.login = super::jira::JiraLogin::Bearer { token: kept.reference() };
    let opened = jira(options).open(&draft("keyreeve-1")).await.unwrap();
    assert_eq!(opened.address, Some(format!("{}/browse/SEC-1", desk.jira_url())));
    assert!(desk.requests()[0].path.starts_with("/ex/jira/11223344-a1b2"));
}

#[tokio::test]
async fn a_search_that_lags_behind_finds_the_issue_in_the_end_and_pages_are_followed() {
    for dialect in [Simulated::Cloud, Simulated::DataCenter] {
        let (desk, kept) = (desk(dialect).await, Kept::new("any-token"));
        let options = if dialect == Simulated::Cloud { cloud(&desk, &kept) } else { data_center(&desk, &kept) };
        let jira = jira(options);
        desk.jira(|jira| jira.setup().search_lag = Duration::from_secs(300));
        for _ in 0..5 {
            jira.open(&draft("keyreeve-1")).await.unwrap();
        }
        assert_eq!(jira.find(&mark(), None).await.unwrap(), []);
        assert!(jira.search_lag() >= Duration::from_secs(300));
        desk.jira(simulator::Jira::index);
        let found = jira.find(&mark(), None).await.unwrap();
        let names: Vec<&str> = found.iter().map(|seen| seen.external.name.as_str()).collect();
        assert_eq!(names, ["SEC-1", "SEC-2", "SEC-3", "SEC-4", "SEC-5"]);
    }
}

#[tokio::test]
async fn a_moved_issue_is_followed_by_its_id_and_what_cannot_be_seen_is_missing() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    let jira = jira(cloud(&desk, &kept));
    let opened = jira.open(&draft("keyreeve-1")).await.unwrap();
    desk.jira(|jira| jira.move_issue(&opened.id, "PAY"));
    let seen = jira.look(&opened).await.unwrap();
    assert_eq!((seen.external.name.as_str(), seen.standing), ("PAY-1", Standing::Open));
    assert_eq!(jira.find(&mark(), Some("SEC")).await.unwrap()[0].external.name, "PAY-1");
    jira.close(&opened, &samples::letter()).await.unwrap();
    assert!(desk.issues()[0].is_done);
    desk.jira(|jira| jira.change(&opened.id, |issue| issue.is_hidden = true));
    assert!(matches!(jira.look(&opened).await.unwrap().standing, Standing::Missing(_)));
    assert_eq!(jira.close(&opened, &samples::letter()).await.unwrap_err().fate, Fate::Never);
    assert_eq!(jira.find(&mark(), None).await.unwrap(), []);
}

#[tokio::test]
async fn fields_that_a_screen_lacks_are_left_out_once_and_for_all_and_written_into_the_text() {
    let (desk, kept) = (desk(Simulated::DataCenter).await, Kept::new("any-token"));
    desk.jira(|jira| jira.setup().off_screen = ["priority", "duedate"].map(str::to_owned).into());
    let jira = jira(data_center(&desk, &kept));
    for _ in 0..3 {
        jira.open(&draft("keyreeve-1")).await.unwrap();
    }
    assert_eq!(desk.count("POST", "/issue"), 4);
    let description = desk.issues()[0].description.as_str().unwrap().to_owned();
    assert!(description.contains("Priority&#58; Highest") && description.contains("Due&#58; 2026&#45;11&#45;29"));
    desk.jira(|jira| jira.setup().off_screen.insert("labels".to_owned()));
    let failure = jira.open(&draft("keyreeve-1")).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Never);
    assert!(failure.what.contains("put the field Labels on the create screen"), "{failure}");
    assert_eq!(desk.issues().len(), 3);
}

#[tokio::test]
async fn a_refusal_that_is_about_more_than_a_field_is_not_answered_by_leaving_it_out() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    let body = json!({ "errorMessages": ["The project is archived."], "errors": { "priority": "cannot be set" } });
    let what = Breakdown::Refuse { status: 400, headers: Vec::new(), body: body.to_string() };
    desk.set_faults(vec![DeskFault::once("POST", "/issue", what)]);
    let failure = jira(cloud(&desk, &kept)).open(&draft("keyreeve-1")).await.unwrap_err();
    assert!(failure.fate == Fate::Never && failure.what.contains("archived"), "{failure}");
    assert_eq!(desk.count("POST", "/issue"), 1);
}

#[tokio::test]
async fn a_project_that_is_not_there_is_no_reason_to_use_another() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    let jira = jira(cloud(&desk, &kept));
    let failure = jira.open(&Draft { project: Some("NONE".to_owned()), ..draft("keyreeve-1") }).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Never);
    assert!(failure.what.contains("does project NONE exist"), "{failure}");
    assert!(desk.issues().is_empty());
}

#[tokio::test]
async fn a_required_resolution_is_given_and_what_only_people_know_is_asked_for() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    desk.jira(|jira| jira.setup().transitions[2].fields = vec![("resolution".to_owned(), true)]);
    let jira = jira(cloud(&desk, &kept));
    let opened = jira.open(&draft("keyreeve-1")).await.unwrap();
    jira.close(&opened, &samples::letter()).await.unwrap();
    assert_eq!(desk.issues()[0].resolution, "Done");
    jira.reopen(&opened, &samples::letter()).await.unwrap();
    assert_eq!(desk.issues()[0].status, "To Do");
    desk.jira(|jira| jira.setup().transitions[2].fields.push(("customfield_10010".to_owned(), true)));
    for _ in 0..3 {
        let failure = jira.close(&opened, &samples::letter()).await.unwrap_err();
        assert_eq!(failure.fate, Fate::Never);
        assert!(failure.what.contains("\"customfield_10010\", which only a person can fill in"), "{failure}");
    }
    let issue = &desk.issues()[0];
    // The same words are said once, however often it is tried.
    assert_eq!(issue.comments.len(), 1);
    assert!(issue.labels.contains(&"keyreeve-close-by-hand".to_owned()) && !issue.is_done && !issue.is_deleted);
}

#[tokio::test]
async fn several_ways_to_done_are_listed_until_one_is_configured() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    desk.jira(|jira| {
        jira.setup().statuses.push(("Abandoned".to_owned(), Category::Done));
        jira.setup().transitions.push(Transition::to("41", "Abandon", "Abandoned"));
    });
    let opened = jira(cloud(&desk, &kept)).open(&draft("keyreeve-1")).await.unwrap();
    let failure = jira(cloud(&desk, &kept)).close(&opened, &samples::letter()).await.unwrap_err();
    assert!(failure.what.contains("set `done` to one of: \"Done\" (31), \"Abandon\" (41)"), "{failure}");
    let mut options = cloud(&desk, &kept);
    options.done = Some("done".to_owned());
    jira(options).close(&opened, &samples::letter()).await.unwrap();
    assert_eq!(desk.issues()[0].status, "Done");
}

#[tokio::test]
async fn rotated_credentials_are_read_again_after_a_refused_login() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    let jira = jira(cloud(&desk, &kept));
    jira.open(&draft("keyreeve-1")).await.unwrap();
    desk.jira(|jira| jira.setup().token = "rotated".to_owned());
    kept.change("rotated");
    assert_eq!(jira.open(&draft("keyreeve-2")).await.unwrap_err().fate, Fate::Login);
    jira.open(&draft("keyreeve-2")).await.unwrap();
    assert_eq!(desk.issues().len(), 2);
}

#[tokio::test]
async fn an_answer_for_strangers_is_never_taken_for_nothing_there() {
    for dialect in [Simulated::Cloud, Simulated::DataCenter] {
        let (desk, kept) = (desk(dialect).await, Kept::new("any-token"));
        let options = if dialect == Simulated::Cloud { cloud(&desk, &kept) } else { data_center(&desk, &kept) };
        let jira = jira(options);
        let opened = jira.open(&draft("keyreeve-1")).await.unwrap();
        desk.jira(|jira| {
            jira.setup().lets_strangers_in = true;
            jira.setup().token = "rotated".to_owned();
        });
        assert_eq!(jira.find(&mark(), None).await.unwrap_err().fate, Fate::Login);
        assert_eq!(jira.look(&opened).await.unwrap_err().fate, Fate::Login);
        assert_eq!(jira.open(&draft("keyreeve-2")).await.unwrap_err().fate, Fate::Login);
        kept.change("rotated");
        jira.open(&draft("keyreeve-2")).await.unwrap();
        assert_eq!(jira.find(&mark(), None).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_has_another_mark_is_not_found_whatever_the_query_was_taken_for() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-token"));
    let status = json!({ "statusCategory": { "key": "new" } });
    let issue =
        |id: &str, label: &str| json!({ "id": id, "key": "SEC-1", "fields": { "labels": [label], "status": status } });
    let body = json!({ "isLast": true, "issues": [issue("10009", "keyreeve-1"), issue("10002", "keyreeve-11"), issue("10003", "keyreeve-1")] });
    let what = Breakdown::Refuse { status: 200, headers: Vec::new(), body: body.to_string() };
    desk.set_faults(vec![DeskFault::once("POST", "/search/jql", what)]);
    let found = jira(cloud(&desk, &kept)).find(&mark(), None).await.unwrap();
    assert_eq!(found.iter().map(|seen| seen.external.id.as_str()).collect::<Vec<_>>(), ["10003", "10009"]);

    let record = |id: char, mark: &str| json!({ "sys_id": id.to_string().repeat(32), "number": "INC1", "state": "1", "correlation_id": mark });
    let body = json!({ "result": [record('a', "other"), record('b', "keyreeve-1")] });
    let what = Breakdown::Refuse { status: 200, headers: Vec::new(), body: body.to_string() };
    desk.set_faults(vec![DeskFault::once("GET", "/incident", what)]);
    kept.change("any-password");
    let found = servicenow(&desk, password(&kept)).find(&mark(), None).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].external.id.starts_with('b'));
}

#[tokio::test]
async fn records_that_servicenow_hides_are_not_taken_for_none() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-password"));
    let servicenow = servicenow(&desk, password(&kept));
    let opened = servicenow.open(&draft("keyreeve-1")).await.unwrap();
    desk.servicenow(|desk| desk.change(&opened.id, |incident| incident.is_hidden = true));
    let failure = servicenow.find(&mark(), None).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Never);
    assert!(failure.what.contains("may not read"), "{failure}");
}

#[tokio::test]
async fn a_configuration_is_checked_without_creating_anything() {
    for dialect in [Simulated::Cloud, Simulated::DataCenter] {
        let (desk, kept) = (desk(dialect).await, Kept::new("any-token"));
        let options = || if dialect == Simulated::Cloud { cloud(&desk, &kept) } else { data_center(&desk, &kept) };
        let checkup = jira(options()).check(&["PAY".to_owned()]).await.unwrap();
        assert_eq!((checkup.problems.len(), checkup.notes.len()), (0, 0), "{checkup:?}");
        desk.jira(|jira| {
            jira.setup().off_screen = ["labels", "duedate"].map(str::to_owned).into();
            jira.setup().required = BTreeSet::from(["customfield_1".to_owned()]);
        });
        let mut wrong = options();
        wrong.priorities.insert(finding::Severity::Low, "Minor".to_owned());
        let checkup = jira(wrong).check(&["NONE".to_owned()]).await.unwrap();
        let all = checkup.problems.join("\n");
        for part in [
            "NONE: its issue types",
            "no field Labels",
            "requires the field \"customfield_1\"",
            "no priority \"Minor\" for LOW",
        ] {
            assert!(all.contains(part), "{part}: {all}");
        }
        assert!(checkup.notes[0].contains("no due date"));
        let mut wrong = options();
        wrong.issue_type = "Incident".to_owned();
        assert!(jira(wrong).check(&[]).await.unwrap().problems[0].contains("one of: Task, Bug, Story"));
        kept.change("wrong");
        assert_eq!(jira(options()).check(&[]).await.unwrap_err().fate, Fate::Login);
        assert!(desk.issues().is_empty());
    }
}

#[tokio::test]
async fn a_record_is_created_as_servicenow_documents_it() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-password"));
    let opened = servicenow(&desk, password(&kept)).open(&draft("keyreeve-1")).await.unwrap();
    assert_eq!(opened.name, "INC0010001");
    assert_eq!(
        opened.address,
        Some(format!("{}/nav_to.do?uri=incident.do%3Fsys_id%3D{}", desk.servicenow_url(), opened.id))
    );
    let request = &desk.requests()[0];
    assert_eq!(request.path, "/servicenow/api/now/table/incident");
    let asked = |name: &str| request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(asked("sysparm_fields"), Some("sys_id,number,state,correlation_id"));
    assert_eq!(asked("sysparm_exclude_reference_link"), Some("true"));
    let incident = &desk.incidents()[0];
    assert_eq!((incident.field("impact"), incident.field("urgency"), incident.field("priority")), ("1", "1", "1"));
    assert_eq!(incident.field("correlation_id"), "keyreeve-1");
    assert_eq!(incident.field("due_date"), "2026-11-29 12:00:00");
}

#[tokio::test]
async fn servicenow_takes_all_three_logins_and_renews_what_expires() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-password"));
    let client =
        servicenow(&desk, ServiceNowLogin::Client { id: "keyreeve-client".to_owned(), secret: kept.reference() });
    for number in 0..3 {
        client.open(&draft(&format!("keyreeve-{number}"))).await.unwrap();
    }
    assert_eq!(desk.count("POST", "/oauth_token.do"), 1);
    desk.servicenow(|servicenow| servicenow.setup().access_token = "token-2".to_owned());
    assert_eq!(client.open(&draft("keyreeve-3")).await.unwrap_err().fate, Fate::Login);
    client.open(&draft("keyreeve-3")).await.unwrap();
    assert_eq!(desk.count("POST", "/oauth_token.do"), 2);
    servicenow(&desk, ServiceNowLogin::Key { key: kept.reference() }).open(&draft("keyreeve-4")).await.unwrap();
    kept.change("wrong");
    let wrong =
        servicenow(&desk, ServiceNowLogin::Client { id: "keyreeve-client".to_owned(), secret: kept.reference() });
    assert_eq!(wrong.open(&draft("keyreeve-5")).await.unwrap_err().fate, Fate::Login);
    assert_eq!(desk.incidents().len(), 5);
}

#[tokio::test]
async fn what_servicenow_closed_for_good_is_not_opened_again() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-password"));
    let servicenow = servicenow(&desk, password(&kept));
    let opened = servicenow.open(&draft("keyreeve-1")).await.unwrap();
    servicenow.close(&opened, &samples::letter()).await.unwrap();
    let incident = desk.incidents()[0].clone();
    assert_eq!((incident.field("state"), incident.field("close_code")), ("6", "Solution provided"));
    desk.servicenow(|desk| {
        desk.change(&opened.id, |incident| drop(incident.fields.insert("state".to_owned(), "7".to_owned())))
    });
    let failure = servicenow.reopen(&opened, &samples::letter()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Never);
    assert!(failure.what.contains("Closed records are read-only"), "{failure}");
    desk.servicenow(|desk| desk.change(&opened.id, |incident| incident.is_hidden = true));
    assert!(matches!(servicenow.look(&opened).await.unwrap().standing, Standing::Missing(_)));
    assert_eq!(servicenow.check(&[]).await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_state_that_servicenow_keeps_without_a_word_is_noticed() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("any-password"));
    let servicenow = servicenow(&desk, password(&kept));
    let opened = servicenow.open(&draft("keyreeve-1")).await.unwrap();
    desk.servicenow(|servicenow| servicenow.setup().keeps_state = true);
    let failure = servicenow.close(&opened, &samples::letter()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Never);
    assert!(failure.what.contains("its state is \"1\" all the same"), "{failure}");
}

#[tokio::test]
async fn a_delivery_with_a_wrong_secret_is_refused_and_a_repeated_one_is_recognised() {
    let (desk, kept) = (desk(Simulated::Cloud).await, Kept::new("wrong"));
    let secrets = std::sync::Arc::new(Secrets::new(None));
    let webhook = Webhook::new(client(), secrets, &desk.webhook_url(), kept.reference()).unwrap();
    assert_eq!(webhook.open(&draft("keyreeve-1")).await.unwrap_err().fate, Fate::Login);
    kept.change("any-secret");
    for _ in 0..2 {
        webhook.open(&draft("keyreeve-1")).await.unwrap();
    }
    let delivered = desk.deliveries();
    assert_eq!(delivered.iter().map(|one| one.is_repeated).collect::<Vec<_>>(), [false, true]);
    assert_eq!(delivered[0].body["event"], "ticket.opened");
    assert_eq!(delivered[0].body["severity"], "CRITICAL");
    assert_eq!(delivered[0].body["due"], "2026-11-29T12:00:00Z");
}
