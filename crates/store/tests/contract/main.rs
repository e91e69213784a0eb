//! What every store must do: one suite, run over each.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod again;
mod commits;
mod forgetting;
mod jobs;
mod keys;
mod lists;
mod log;
mod rows;
mod same;

use std::cell::OnceCell;
use std::future::Future;

use store::{Change, Commit, Committed, Store, StoreError};
use tokio::runtime::{Builder, Runtime};

use rows::at;

/// Waits for an answer.
fn wait<T>(reply: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    RUNTIME.with(|runtime| runtime.get_or_init(|| Builder::new_current_thread().build().unwrap()).block_on(reply))
}

/// Commits at second 0, and gives what that came to.
fn try_commit(store: &dyn Store, changes: impl Into<Vec<Change>>) -> Result<Committed, StoreError> {
    wait(store.commit(Commit { at: at(0), changes: changes.into() }))
}

/// Commits what must be taken.
fn commit(store: &dyn Store, changes: impl Into<Vec<Change>>) -> Committed {
    try_commit(store, changes).unwrap()
}

/// Commits at that second.
fn commit_at(store: &dyn Store, second: i64, changes: impl Into<Vec<Change>>) {
    wait(store.commit(Commit { at: at(second), changes: changes.into() })).unwrap();
}

fn conflict(row: &str) -> StoreError {
    StoreError::Conflict { row: row.into() }
}

macro_rules! contract {
    ($($file:ident { $($behaviour:ident)* })*) => {
        mod memory {
            $($(
                #[test]
                fn $behaviour() {
                    crate::$file::$behaviour(&store::Memory::new());
                }
            )*)*
        }

        mod sqlite {
            $($(
                #[test]
                fn $behaviour() {
                    let directory = tempfile::tempdir().unwrap();
                    let path = directory.path().join("store.db");
                    let opened = store::sqlite::Sqlite::open(&path, store::sqlite::Options::default()).unwrap();
                    crate::$file::$behaviour(&opened);
                    drop(opened);
                    store::sqlite::check(&path).unwrap();
                }
            )*)*
        }
    };
}

contract! {
    again {
        what_has_stopped_begins_anew_with_the_ticket_that_it_could_not_open
        who_takes_it_meanwhile_makes_trying_again_a_conflict
    }
    commits {
        a_refused_commit_leaves_nothing_behind
        what_must_be_absent_is_refused_where_it_is_there
        a_version_is_refused_where_it_is_another
        whatever_there_is_is_replaced_where_any_is_expected
        a_change_sees_those_before_it_in_the_same_commit
        of_two_who_read_the_same_the_second_to_write_is_refused
        a_delivery_is_taken_in_once
        every_field_of_every_row_comes_back_as_it_was
        hostile_strings_come_back_as_they_were_and_are_found
        values_too_deep_to_be_read_again_are_refused
        a_text_beyond_the_bound_is_refused
        too_many_changes_are_refused
        an_account_read_earlier_never_replaces_one_read_later
        a_value_is_set_replaced_and_removed
        an_attempt_is_written_before_and_completed_after
        nothing_happens_to_a_commit_without_changes
        many_at_once_are_all_applied_once
    }
    jobs {
        the_same_intent_is_queued_once
        jobs_are_leased_the_longest_due_first
        a_job_that_is_held_is_not_leased_until_its_lease_has_ended
        who_comes_back_late_cannot_finish_what_another_has_taken_over
        a_finished_job_is_held_by_nobody
        only_jobs_that_wait_are_leased
        a_held_job_is_let_go_without_a_lease
        an_unknown_job_cannot_be_finished
        a_job_whose_attempt_begins_is_held_on_to
        the_next_job_is_due_when_nobody_holds_it_any_more
        jobs_are_counted_by_queue_and_state
        two_who_lease_at_once_never_get_the_same_job
    }
    keys {
        the_first_reading_of_a_key_has_no_history
        what_differs_between_readings_is_history_the_latest_first
        a_key_that_is_gone_leaves_its_facts_in_its_history
        a_key_read_earlier_never_replaces_one_read_later
        a_key_is_found_by_any_of_its_aliases_in_any_case
    }
    lists {
        each_filter_of_findings_finds_what_it_says
        each_filter_of_tickets_finds_what_it_says
        each_filter_of_jobs_finds_what_it_says
        each_filter_of_keys_finds_what_it_says
        remediations_are_found_by_state
        pages_have_no_gap_and_no_repeat
        pages_stay_whole_while_others_write
        a_page_has_a_thousand_rows_at_most
        findings_are_asked_by_key_in_any_order
        findings_are_due_the_longest_first
        tickets_are_due_that_are_open_or_missing
        tickets_are_counted_since_they_were_first_wanted
        text_is_looked_for_as_it_is_in_any_case
    }
    log {
        events_are_numbered_without_gaps_whatever_is_refused
        events_are_found_by_kind_subject_and_time
        a_time_that_goes_back_hides_no_event
        a_page_of_the_log_after_no_number_is_refused
        the_whole_chain_holds
        an_event_never_changes
    }
    forgetting {
        deliveries_are_forgotten_after_their_time
        settled_findings_are_forgotten_that_wait_for_nothing
        closed_tickets_and_done_jobs_are_forgotten
        the_log_and_the_history_of_keys_stay
        more_than_a_slice_is_forgotten
    }
}
