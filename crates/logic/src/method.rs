//! The names of methods, and which receiver they go to.

use crate::class::{Class, Kind};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::object::Object;
use crate::stop::{R, Stop};
use crate::value::Value;

macro_rules! methods {
    ($($variant:ident $name:literal)*) => {
        /// The name of a method.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Method { $($variant),* }

        impl Method {
            /// The method of that name, if any type here has one.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                Some(match name {
                    $($name => Self::$variant,)*
                    _ => return None,
                })
            }

            /// Its name.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

methods! {
    Add "add"
    Append "append"
    AsList "as_list"
    AsTimezone "astimezone"
    BitLength "bit_length"
    Capitalize "capitalize"
    Casefold "casefold"
    Center "center"
    Clear "clear"
    Copy "copy"
    Count "count"
    Date "date"
    Decode "decode"
    DeepGet "deep_get"
    DeepWalk "deep_walk"
    Difference "difference"
    DifferenceUpdate "difference_update"
    Discard "discard"
    Elements "elements"
    Encode "encode"
    End "end"
    EndsWith "endswith"
    EventTimeEpoch "event_time_epoch"
    Expand "expand"
    ExpandTabs "expandtabs"
    Extend "extend"
    Find "find"
    FindAll "findall"
    FindIter "finditer"
    Format "format"
    FormatMap "format_map"
    FromIsoFormat "fromisoformat"
    FromKeys "fromkeys"
    FromTimestamp "fromtimestamp"
    FullMatch "fullmatch"
    Get "get"
    Group "group"
    GroupDict "groupdict"
    Groups "groups"
    Hex "hex"
    Hosts "hosts"
    Index "index"
    Insert "insert"
    Intersection "intersection"
    IntersectionUpdate "intersection_update"
    IsAlnum "isalnum"
    IsAlpha "isalpha"
    IsAscii "isascii"
    IsDecimal "isdecimal"
    IsDigit "isdigit"
    IsDisjoint "isdisjoint"
    IsIdentifier "isidentifier"
    IsInteger "is_integer"
    IsLower "islower"
    IsNumeric "isnumeric"
    IsoFormat "isoformat"
    IsoWeekday "isoweekday"
    IsPrintable "isprintable"
    IsSpace "isspace"
    IsSubset "issubset"
    IsSuperset "issuperset"
    IsTitle "istitle"
    IsUpper "isupper"
    Items "items"
    Join "join"
    Keys "keys"
    Ljust "ljust"
    Lookup "lookup"
    Lower "lower"
    Lstrip "lstrip"
    Match "match"
    MostCommon "most_common"
    MoveToEnd "move_to_end"
    Now "now"
    Overlaps "overlaps"
    Partition "partition"
    Pop "pop"
    PopItem "popitem"
    RawView "raw_view"
    Remove "remove"
    RemovePrefix "removeprefix"
    RemoveSuffix "removesuffix"
    Replace "replace"
    Reverse "reverse"
    Rfind "rfind"
    Rindex "rindex"
    Rjust "rjust"
    Rpartition "rpartition"
    Rsplit "rsplit"
    Rstrip "rstrip"
    Search "search"
    SetDefault "setdefault"
    Sort "sort"
    Span "span"
    Split "split"
    SplitLines "splitlines"
    Start "start"
    StartsWith "startswith"
    Strftime "strftime"
    Strip "strip"
    Strptime "strptime"
    Sub "sub"
    Subn "subn"
    SubnetOf "subnet_of"
    Subnets "subnets"
    Subtract "subtract"
    Supernet "supernet"
    SupernetOf "supernet_of"
    SwapCase "swapcase"
    SymmetricDifference "symmetric_difference"
    SymmetricDifferenceUpdate "symmetric_difference_update"
    Timestamp "timestamp"
    Title "title"
    ToDict "to_dict"
    Today "today"
    Total "total"
    TotalSeconds "total_seconds"
    Udm "udm"
    UdmPath "udm_path"
    Union "union"
    Update "update"
    Upper "upper"
    UtcFromTimestamp "utcfromtimestamp"
    UtcNow "utcnow"
    UtcOffset "utcoffset"
    Values "values"
    Weekday "weekday"
    WithTraceback "with_traceback"
    Zfill "zfill"
}

impl Method {
    /// Whether it changes what it is called on.
    pub(crate) fn mutates(self) -> bool {
        crate::known::mutates(self.name())
    }
}

impl Machine<'_> {
    /// Calls a method of a known receiver.
    pub(crate) fn method(&mut self, receiver: &Value, method: Method, call: Call) -> R<Value> {
        match receiver {
            Value::Str(text) => self.text_method(text, method, call),
            Value::Dict(dict) => self.dict_method(receiver, dict, method, call),
            Value::List(list) => self.list_method(receiver, list, method, call),
            Value::Tuple(tuple) => self.tuple_method(receiver, tuple.items(), method, call),
            Value::Set(set) | Value::FrozenSet(set) => self.set_method(receiver, set, method, call),
            Value::Class(class) => self.class_method(class, method, call),
            Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
            Value::Object(object) => match &**object {
                Object::View(..) => self.view_method(receiver, method, call),
                Object::Sealed(sealed) => self.sealed_method(receiver, sealed, method, call),
                _ => self.library_method(receiver, object, method, call),
            },
            _ => self.scalar_method(receiver, method, call),
        }
    }

    /// `datetime.now()`, `dict.fromkeys(…)`, or a method called by its class: `str.lower(text)`.
    fn class_method(&mut self, class: &'static Class, method: Method, call: Call) -> R<Value> {
        let path = format!("{}.{}", class.path, method.name());
        if let Some(builtin) = crate::builtin::by_name(&path) {
            return builtin.call(self, call);
        }
        if !crate::names::has(class, method.name()) || matches!(class.kind, Kind::Abstract(_)) {
            return Err(crate::evaluate::expressions::no_attribute(&Value::Class(class), method.name()));
        }
        self.call_unbound(class, method, call)
    }
}
