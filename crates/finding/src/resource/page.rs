//! The page about resources, made from the catalogue.

use std::fmt::Write;

use crate::environment::WORDS;

use super::catalogue::{AwsManaged, Field, GivenBy, RESOURCE_TYPES, ResourceType, Vocabulary};

const HEAD: &str = "\
# The resource

<!-- Made from crates/finding/src/resource/ by its tests. To change it, change the catalogue there and run
     KEYREEVE_WRITE_DOCS=1 cargo test -p finding --test docs -->

What Keyreeve judges is a *resource*: one JSON object in Panther's shape, so that public Panther policies judge it unchanged, with
fields of our own for what that shape cannot say. The same object comes from AWS, from a snapshot, from a template, and from the
`Resource` of a unit test. `docs/schema/resource.schema.json` is its JSON Schema. Resources of other types pass through untouched.

- The type is `ResourceType`. Without it, an object with a KMS key's `Arn`, or with `KeyManager` and `KeyId`, is an `AWS.KMS.Key`,
  and one with `CustomKeyStoreName` is an `AWS.KMS.CustomKeyStore`.
- The id is `Arn`, else `ResourceId`, else `KeyId`, else `CustomKeyStoreId`.
- Dates are strings in RFC 3339, in UTC: `2026-05-06T07:08:09Z`.
- `null` is a value. A field that is not there has no value.
- A fact that could not be read stands under `Unknown`, by field, with the call that failed; its own value is then ignored:
  `\"Unknown\": {\"KeyRotationEnabled\": {\"operation\": \"GetKeyRotationStatus\", \"code\": \"AccessDeniedException\", \"message\": \"…\"}}`.
  All three strings are required, and nothing else may stand there. A verdict that depends on such a fact is UNKNOWN.
- Computed fields are made when a key or a custom key store is judged (no other resource has them), with the snapshot's time as the clock. One that the object gives itself is
  taken as it is. One made from an unknown fact is unknown because of that fact, unless the rest settles it; one made from a value
  that cannot be read (a date that is none) makes the verdict UNKNOWN and names that value. Days are whole days, rounded down.
";

/// Adds text; writing to a string cannot fail.
macro_rules! add {
    ($page:expr, $($text:tt)*) => {{ let _ = write!($page, $($text)*); }};
}

/// The page, as it stands in `docs/resource.md`.
#[must_use]
pub fn resource_page() -> String {
    let mut page = String::from(HEAD);
    for kind in RESOURCE_TYPES {
        write_type(&mut page, kind);
    }
    write_environment(&mut page);
    page.push_str(SNAPSHOT);
    page
}

const ENVIRONMENT: &str = "
## The environment

`Environment` is one of four classes. Words mean them, in any case and with spaces anywhere; a configuration can add words:

";

const ENVIRONMENT_ORDER: &str = "
Every other word means nothing. The first of these that says a class wins:

1. the configuration, for the account by id or name;
2. the resource's own environment tag, where the account is shared: its tag says `SHARED`, or the configuration does;
3. `Account.Environment`, where the resource gives it itself;
4. the account's environment tag (`soar:environment` unless configured);
5. `Account.OuPath`, the innermost unit first: each name is taken as a word;
6. the resource's own environment tag, unless 3 or 4 holds a word that means nothing.

Where nothing says it, the class is `unknown`, which counts as production wherever that is the safe side. So a tag of a key, which
whoever may tag the key can write, never takes the key out of an account that says production, be it in a word of its own.
";

const SNAPSHOT: &str = "
## In a snapshot

A snapshot is JSON Lines, plain or packed with gzip or zstd (known by its first bytes). Each line has a `kind`:

| `kind` | holds | stands |
|---|---|---|
| `header` | `format_version` (1), `tool` {`name`, `version`}, `collected_at` | first |
| `account` | `id`; `name`, `email`, `joined`, `ou` (`Root/Infra`), `tags` where known | before the first resource |
| `resource` | a resource | |
| `error` | `message`; `file`, `account_id`, `region`, `operation`, `code` where known: something that could not be read | |
| `end` | the numbers of `accounts`, `resources`, `errors` | last |

A line without `kind` is a resource, and so is each object of a JSON array or each object that stands alone: what other tools export
works. A file with a header and without an `end` was cut off, and is incomplete. Whole snapshots joined into one file are not one
snapshot: give them as several files. `account` lines become the resources' `Account` where these have none (or null).

Resources are written sorted by account, region and id; they need not be sorted to be read. A record may have 64 MiB and 128 levels.
";

fn write_environment(page: &mut String) {
    page.push_str(ENVIRONMENT);
    for (class, words) in WORDS {
        add!(page, "- `{class}`: {};\n", words.join(", "));
    }
    page.push_str("- `unknown`: none of these.\n");
    page.push_str(ENVIRONMENT_ORDER);
}

/// A heading, and which fields stand under it.
type Section = (&'static str, fn(&Field) -> bool);

fn write_type(page: &mut String, kind: &ResourceType) {
    add!(page, "\n## `{}`\n\n{}\n", kind.name, kind.doc);
    let sections: [Section; 3] = [
        ("Panther's fields", |field| field.vocabulary == Vocabulary::Panther),
        ("Fields of our own", |field| field.vocabulary == Vocabulary::Keyreeve && !field.is_computed()),
        ("Computed fields", Field::is_computed),
    ];
    for (title, belongs) in sections {
        let fields: Vec<&Field> = kind.fields.iter().filter(|field| belongs(field)).collect();
        if fields.is_empty() {
            continue;
        }
        add!(page, "\n### {title}\n\n| field | type | given by | meaning |\n|---|---|---|---|\n");
        for field in fields {
            write_field(page, field);
        }
    }
    write_aws_managed(page, kind);
}

fn write_field(page: &mut String, field: &Field) {
    let null = if field.nullable { " or null" } else { "" };
    let given_by = match field.given_by {
        GivenBy::Call(operation) => operation.to_owned(),
        GivenBy::Scanner(how) => format!("the scanner: {how}"),
        GivenBy::Account => "the snapshot's account line".to_owned(),
        GivenBy::Computed(from) => listed(from.iter().copied()),
    };
    add!(page, "| `{}` | {}{null} | {given_by} | {} |\n", field.name, field.shape.words(), field.doc);
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn write_aws_managed(page: &mut String, kind: &ResourceType) {
    let of = |how: fn(&AwsManaged) -> bool| kind.fields.iter().filter(move |field| how(&field.aws_managed));
    if of(|how| *how != AwsManaged::Absent).next().is_none() {
        return;
    }
    page.push_str(
        "\n### Keys that AWS manages\n\n\
         Of a key whose `KeyManager` is `AWS` (`alias/aws/…`) only DescribeKey is read, because other reads may be refused by the key's\n\
         policy and set off alarms about refused calls; its aliases come from the region's list.\n\n",
    );
    let made = |how: fn(&AwsManaged) -> bool| listed(of(how).map(|field| field.name));
    add!(page, "- **As for every other key**: {}.\n", made(|how| *how == AwsManaged::Read));
    page.push_str("- **Derived**, not read:\n");
    for field in of(|how| matches!(how, AwsManaged::Derived(_))) {
        if let AwsManaged::Derived(how) = field.aws_managed {
            add!(page, "  - `{}` is {how}.\n", field.name);
        }
    }
    add!(page, "- **Not read, and not there**: {}.\n", made(|how| *how == AwsManaged::Absent));
}
