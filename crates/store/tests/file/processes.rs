//! Several processes on one file, one of which may be killed at any moment.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use store::rows::{JobRow, JobState};
use store::sqlite::{Options, Sqlite, User};
use store::{Change, Lease, Store, StoreError};
use tempfile::tempdir;

use crate::rows::{at, event, job};
use crate::{commit, commits, numbered, open, try_open, wait};

const STORE: &str = "KEYREEVE_TEST_STORE";
/// How often another process is killed: 8 times, unless this says otherwise.
const KILLS: &str = "KEYREEVE_TEST_KILLS";
const ROLE: &str = "KEYREEVE_TEST_ROLE";

/// Another process, which does `role` to the store.
fn other(role: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "processes::another_process", "--nocapture", "--test-threads=1"]);
    command.env(STORE, path).env(ROLE, role).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

/// What the other process said, line by line.
fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| Some(line.strip_prefix("said: ")?.to_owned()))
}

/// Not a test of its own: what the tests below start as another process. Without a role there is nothing to do.
#[test]
fn another_process() {
    let (Ok(path), Ok(role)) = (std::env::var(STORE), std::env::var(ROLE)) else { return };
    let path = Path::new(&path);
    match role.as_str() {
        "commit" => {
            let store = open(path);
            for number in commits(&store) + 1.. {
                commit(&store, numbered(number)).unwrap();
                println!("\nsaid: {number}");
            }
        }
        "work" => work(&open(path), "other"),
        "hold" => {
            let store = come(path, "other");
            let lease = Lease { queue: "ticket".into(), holder: "other".into(), now: at(1), until: at(300), limit: 9 };
            let [job] = wait(store.lease(lease)).unwrap().try_into().unwrap();
            let begun = JobRow { state: JobState::Unknown, leased_until: Some(at(300)), ..job };
            commit(&store, [Change::Hold(Box::new(begun))]).unwrap();
            println!("\nsaid: held");
            std::thread::sleep(Duration::from_secs(60));
        }
        "open" => match try_open(path) {
            Ok(_) => println!("\nsaid: opened"),
            Err(error) => println!("\nsaid: {error}"),
        },
        other => panic!("no role {other}"),
    }
}

/// Leases jobs and finishes them until there are none, each in one commit with an event.
fn work(store: &dyn Store, holder: &str) {
    loop {
        let lease = Lease { queue: "ticket".into(), holder: holder.into(), now: at(1), until: at(100), limit: 2 };
        let jobs = wait(store.lease(lease)).unwrap();
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            assert_eq!((job.fence, job.holder.as_deref()), (1, Some(holder)));
            let done = JobRow { state: JobState::Done, note: Some(holder.to_owned()), ..job.clone() };
            commit(store, [Change::Finish(Box::new(done)), event("done", &job.id)]).unwrap();
        }
    }
}

/// Opens it as one who takes jobs.
fn come(path: &Path, holder: &str) -> Sqlite {
    let user = User { holder: holder.into(), program: "keyreeve".into(), pid: std::process::id(), since: at(0) };
    Sqlite::open(path, Options { readers: 1, user: Some(user), ..Options::default() }).unwrap()
}

#[test]
fn what_the_killed_held_is_free_at_once_and_what_the_living_hold_is_not() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    commit(&open(&path), [Change::Job(Box::new(job("a")))]).unwrap();
    let mut child = other("hold", &path).spawn().unwrap();
    said(&mut child).next().unwrap();
    let take = |store: &Sqlite| {
        let lease = Lease { queue: "ticket".into(), holder: "we".into(), now: at(2), until: at(9), limit: 9 };
        wait(store.lease(lease)).unwrap()
    };
    let store = come(&path, "we");
    assert_eq!((store.let_go(), take(&store)), (0, Vec::new()));
    drop(store);
    child.kill().unwrap();
    child.wait().unwrap();
    let store = come(&path, "we");
    let [job] = take(&store).try_into().unwrap();
    assert_eq!((store.let_go(), job.state, job.fence), (1, JobState::Unknown, 2));
}

#[test]
fn what_was_reported_as_committed_survives_a_kill_at_any_moment() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let mut survived = 0;
    let kills = std::env::var(KILLS).map_or(8, |kills| kills.parse().unwrap());
    for round in 0..kills {
        let mut child = other("commit", &path).spawn().unwrap();
        let reported = said(&mut child).nth(round % 8 * 5).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let found = commits(&open(&path));
        assert!(found >= reported.parse().unwrap(), "{found} of {reported} are left");
        assert!(found >= survived);
        survived = found;
    }
}

#[test]
fn two_processes_share_the_jobs_of_one_file() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = open(&path);
    let ids: Vec<String> = (0..120).map(|number| format!("{number:03}")).collect();
    commit(&store, ids.iter().map(|id| Change::Job(Box::new(job(id)))).collect::<Vec<_>>()).unwrap();
    let child = other("work", &path).spawn().unwrap();
    work(&store, "we");
    assert!(child.wait_with_output().unwrap().status.success());
    let jobs = wait(store.jobs(Default::default(), store::Page { after: None, limit: 1000 })).unwrap();
    assert!(jobs.iter().all(|job| job.state == JobState::Done && job.fence == 1));
    let events = wait(store.events(Default::default(), store::Page { after: None, limit: 1000 })).unwrap();
    let mut done: Vec<&str> = events.iter().map(|event| event.subject.as_str()).collect();
    done.sort_unstable();
    assert_eq!(done, ids);
    assert_eq!(wait(store.verify_log()), Ok(None));
}

#[test]
fn who_waits_too_long_for_another_process_is_told_so() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let options = Options { patience: Duration::from_millis(50), ..Options::default() };
    let store = Sqlite::open(&path, options).unwrap();
    let holds = rusqlite::Connection::open(&path).unwrap();
    holds.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = commit(&store, [event("a", "1")]).unwrap_err();
    let StoreError::Medium { doing, cause } = &error else { panic!("{error}") };
    assert_eq!(doing, &format!("writing to {}", path.display()));
    assert!(cause.starts_with("somebody else has held it for too long"), "{error}");
    assert_eq!(wait(store.value("v".into())), Ok(None), "readers wait for nobody");
    holds.execute_batch("ROLLBACK").unwrap();
    assert_eq!(commit(&store, [event("a", "1")]).unwrap().last_event, 1);
}

/// Root may write everything: then another process tries, as nobody.
#[test]
fn a_store_that_cannot_be_written_is_refused_with_the_remedy() {
    for (file, of_directory) in [(0o444, 0o777), (0o666, 0o555), (0o000, 0o777)] {
        let directory = tempdir().unwrap();
        let path = directory.path().join("store.db");
        drop(open(&path));
        let modes = |file: u32, of_directory: u32| {
            fs::set_permissions(&path, fs::Permissions::from_mode(file)).unwrap();
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(of_directory)).unwrap();
        };
        modes(file, of_directory);
        let nobody = other("open", &path).uid(65_534).spawn().or_else(|_| other("open", &path).spawn());
        let mut child = nobody.unwrap();
        let answer: Vec<String> = said(&mut child).collect();
        child.wait().unwrap();
        modes(0o600, 0o700);
        let [answer] = answer.try_into().unwrap();
        assert!(answer.starts_with(&format!("opening {}: it cannot be ", path.display())), "{file:o}: {answer}");
        assert!(answer.contains("this user"), "{file:o}: {answer}");
        assert_eq!(commits(&open(&path)), 0);
    }
}
