//! What is known about a field of a resource: its type, where it comes from, what it means. The JSON Schema and the page are made from it.

/// A type of resource and its fields.
#[derive(Debug)]
pub struct ResourceType {
    /// `AWS.KMS.Key`.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Its fields, in the order in which they are written.
    pub fields: &'static [Field],
}

/// A field of a resource.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// `KeyRotationEnabled`.
    pub name: &'static str,
    /// The JSON type of its value.
    pub shape: Shape,
    /// Whether `null` is a value that it may have.
    pub nullable: bool,
    /// Whose field it is.
    pub vocabulary: Vocabulary,
    /// What gives it.
    pub given_by: GivenBy,
    /// How a key that AWS manages has it.
    pub aws_managed: AwsManaged,
    /// One sentence.
    pub doc: &'static str,
}

/// Whose name a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// In Panther's resource too, with the same name and meaning: public policies read it.
    Panther,
    /// Keyreeve's own: what Panther's resource cannot say.
    Keyreeve,
}

/// What gives a field its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBy {
    /// An AWS call, by the name of the operation.
    Call(&'static str),
    /// The scanner, without a call of its own.
    Scanner(&'static str),
    /// The account line of the snapshot, joined in when the resource is read.
    Account,
    /// Keyreeve, when it judges: from these fields and, where the value is a number of days, the snapshot's time.
    Computed(&'static [&'static str]),
}

/// How a key that AWS manages has a field. Of such a key only DescribeKey is read: a denied read would raise the alarms of
/// whoever watches for denied reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsManaged {
    /// Read, as for every other key.
    Read,
    /// Not read, but known: how.
    Derived(&'static str),
    /// Not read and not there.
    Absent,
}

/// The JSON type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A string; the values that AWS documents, where there are few.
    Text(&'static [&'static str]),
    /// A string that is a JSON document itself.
    Document,
    /// A string in RFC 3339, UTC.
    Date,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A list.
    List(&'static Shape),
    /// An object from any name to one type.
    Map(&'static Shape),
    /// An object with these members, each of which may be absent or null.
    Object(&'static [(&'static str, Shape)]),
    /// Anything.
    Any,
}

impl Shape {
    /// The type in a few words, for the page.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Text(_) => "string".into(),
            Self::Document => "string (JSON)".into(),
            Self::Date => "string (date)".into(),
            Self::Bool => "boolean".into(),
            Self::Int => "integer".into(),
            Self::List(inner) => format!("list of {}", inner.words()),
            Self::Map(inner) => format!("object of {}", inner.words()),
            Self::Object(members) => {
                let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
                format!("{{{}}}", names.join(", "))
            }
            Self::Any => "any".into(),
        }
    }
}

impl ResourceType {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The type of resource of that name, if it is one whose fields are known.
#[must_use]
pub fn resource_type(name: &str) -> Option<&'static ResourceType> {
    RESOURCE_TYPES.into_iter().find(|known| known.name == name)
}

/// The types of resource whose fields are known; all others pass through untouched.
pub const RESOURCE_TYPES: [&ResourceType; 2] = [&super::key::KEY, &super::store::CUSTOM_KEY_STORE];

impl Field {
    pub(super) const fn new(
        name: &'static str,
        shape: Shape,
        vocabulary: Vocabulary,
        given_by: GivenBy,
        doc: &'static str,
    ) -> Self {
        Self { name, shape, nullable: false, vocabulary, given_by, aws_managed: AwsManaged::Absent, doc }
    }

    pub(super) const fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub(super) const fn aws_managed(mut self, how: AwsManaged) -> Self {
        self.aws_managed = how;
        self
    }

    /// A field that DescribeKey gives, of AWS-managed keys too.
    pub(super) const fn described(name: &'static str, shape: Shape, vocabulary: Vocabulary, doc: &'static str) -> Self {
        Self::new(name, shape, vocabulary, GivenBy::Call("DescribeKey"), doc).aws_managed(AwsManaged::Read)
    }

    /// A field that Keyreeve computes, of AWS-managed keys too where what it is made from is there.
    pub(super) const fn computed(
        name: &'static str,
        shape: Shape,
        from: &'static [&'static str],
        how: AwsManaged,
        doc: &'static str,
    ) -> Self {
        Self::new(name, shape, Vocabulary::Keyreeve, GivenBy::Computed(from), doc).aws_managed(how)
    }

    /// Whether Keyreeve makes the value when it judges.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        matches!(self.given_by, GivenBy::Computed(_))
    }
}
