//! What the comparison with CPython (`oracles/differential.py`) found, each difference once.

mod support;

use support::{judge, text};

fn value(body: &str, json: &str) -> String {
    run(&format!("return {body}"), json)
}

fn run(body: &str, json: &str) -> String {
    let lines: String = body.lines().map(|line| format!("    {line}\n")).collect();
    text(&judge(&format!("import collections\n\ndef policy(resource):\n{lines}"), json, &[]))
}

#[test]
fn a_list_can_lose_an_item_by_value() {
    assert_eq!(
        run("items = list(resource['A'])\nitems.remove(2)\nreturn items", r#"{"A": [1, 2, 3, 2]}"#),
        "[1, 3, 2]"
    );
}

#[test]
fn keys_and_items_of_short_displays_are_hashed_when_all_are_there() {
    let given = r#"{"A": []}"#;
    assert_eq!(value("{resource['A']: 1, resource['B']: 2}", given), "KeyError: 'B'");
    assert_eq!(value("{resource['A'], resource['B']}", given), "KeyError: 'B'");
    assert_eq!(value("{resource['A']: 1, **resource['B']}", given), "TypeError: unhashable type: 'list'");
    assert_eq!(value("{resource['A'], *resource['B']}", given), "TypeError: unhashable type: 'list'");
    assert_eq!(value("{*[], resource['A'], resource['B']}", given), "TypeError: unhashable type: 'list'");
}

#[test]
fn keys_of_long_displays_are_hashed_one_by_one() {
    let entries = |count: usize| (0..count).map(|at| format!("{at}: 0, ")).collect::<String>();
    let display = |count| value(&format!("{{resource['A']: 1, {}resource['B']: 2}}", entries(count)), r#"{"A": []}"#);
    assert_eq!(display(13), "KeyError: 'B'");
    assert_eq!(display(14), "TypeError: unhashable type: 'list'");
    let items = |count: usize| (0..count).map(|at| format!("{at}, ")).collect::<String>();
    let display = |count| value(&format!("{{resource['A'], {}resource['B']}}", items(count)), r#"{"A": []}"#);
    assert_eq!(display(28), "KeyError: 'B'");
    assert_eq!(display(29), "TypeError: unhashable type: 'list'");
}

#[test]
fn powers_are_taken_with_a_modulus() {
    assert_eq!(
        value("[pow(3, 2, 7), pow(-3, 3, 7), pow(3, 3, -7), pow(0, 0, 1), pow(2, 10, None)]", "{}"),
        "[2, 1, -1, 0, 1024]"
    );
    assert_eq!(value("pow(10**18, 10**9, 10**18 + 9)", "{}"), "817956092290564583");
    assert_eq!(value("pow(2, 2, 0)", "{}"), "ValueError: pow() 3rd argument cannot be 0");
}

#[test]
fn floats_round_to_tens() {
    assert_eq!(
        value("[round(25.0, -1), round(35.0, -1), round(-5.0, -1), round(5.1, -1), round(149.9, -2)]", "{}"),
        "[20.0, 40.0, -0.0, 10.0, 100.0]"
    );
    assert_eq!(
        value("[round(50.0, -2), round(50.5, -2), round(4.0, -2), round(1.5e300, -300), round(1.0, -400)]", "{}"),
        "[0.0, 100.0, 0.0, 2e+300, 0.0]"
    );
    assert_eq!(value("round(1.7e308, -308)", "{}"), "OverflowError: rounded value too large to represent");
}

#[test]
fn a_method_is_looked_for_before_its_arguments_are_computed() {
    assert_eq!(
        value("resource['A'].index(resource['B'])", r#"{"A": {}}"#),
        "AttributeError: 'dict' object has no attribute 'index'"
    );
    assert_eq!(value("resource['A'].index(resource['B'])", r#"{"A": []}"#), "KeyError: 'B'");
    assert_eq!(
        value("resource['A'].get(resource['B'])", r#"{"A": null}"#),
        "AttributeError: 'NoneType' object has no attribute 'get'"
    );
    assert_eq!(value("resource['A'](resource['B'])", r#"{"A": null}"#), "KeyError: 'B'");
}

#[test]
fn an_unbound_variable_is_free_in_a_comprehension() {
    let loop_then = |last: &str| run(&format!("for item in resource['A']:\n    pass\n{last}"), r#"{"A": []}"#);
    assert_eq!(
        loop_then("return item"),
        "UnboundLocalError: cannot access local variable 'item' where it is not associated with a value"
    );
    assert_eq!(
        loop_then("return [item for _ in item]"),
        "UnboundLocalError: cannot access local variable 'item' where it is not associated with a value"
    );
    let free =
        "NameError: cannot access free variable 'item' where it is not associated with a value in enclosing scope";
    assert_eq!(loop_then("return any(item == other for other in [1])"), free);
    assert_eq!(loop_then("return sorted([1, 2], key=lambda other: item)"), free);
    assert_eq!(loop_then("return [other for other in [1] if [item for _ in [1]]]"), free);
}

#[test]
fn a_character_code_beyond_c_overflows() {
    assert_eq!(value("chr(2 ** 31)", "{}"), "OverflowError: Python int too large to convert to C int");
    assert_eq!(value("chr(2 ** 31 - 1)", "{}"), "ValueError: chr() arg not in range(0x110000)");
}

#[test]
fn integers_beyond_a_size_overflow() {
    assert_eq!(
        value("'a,b'.split(',', 10 ** 20)", "{}"),
        "OverflowError: Python int too large to convert to C ssize_t"
    );
    assert_eq!(value("'a'.zfill(-10 ** 20)", "{}"), "OverflowError: Python int too large to convert to C ssize_t");
    assert_eq!(value("'a' * -10 ** 20", "{}"), "OverflowError: cannot fit 'int' into an index-sized integer");
    assert_eq!(value("[] * 10 ** 20", "{}"), "OverflowError: cannot fit 'int' into an index-sized integer");
    assert_eq!(value("[[] * 2 ** 62, '' * 2 ** 62, () * -2 ** 63]", "{}"), "[[], '', ()]");
}

#[test]
fn what_is_popped_is_checked_before_the_list() {
    assert_eq!(run("items = []\nitems.pop('x')", "{}"), "TypeError: 'str' object cannot be interpreted as an integer");
    assert_eq!(run("items = []\nitems.pop(0)", "{}"), "IndexError: pop from empty list");
}

#[test]
fn slices_are_assigned_and_deleted() {
    let changed = |change: &str| run(&format!("items = [0, 1, 2, 3, 4, 5]\n{change}\nreturn items"), "{}");
    assert_eq!(changed("items[1:3] = 'abc'"), "[0, 'a', 'b', 'c', 3, 4, 5]");
    assert_eq!(changed("items[4:2] = [9]"), "[0, 1, 2, 3, 9, 4, 5]");
    assert_eq!(changed("items[-2:] = items"), "[0, 1, 2, 3, 0, 1, 2, 3, 4, 5]");
    assert_eq!(changed("items[::-2] = 'xyz'"), "[0, 'z', 2, 'y', 4, 'x']");
    assert_eq!(
        changed("items[::2] = []"),
        "ValueError: attempt to assign sequence of size 0 to extended slice of size 3"
    );
    assert_eq!(changed("items[::0] = 1"), "ValueError: slice step cannot be zero");
    assert_eq!(
        changed("items['a':] = 1"),
        "TypeError: slice indices must be integers or None or have an __index__ method"
    );
    assert_eq!(changed("del items[1:3]"), "[0, 3, 4, 5]");
    assert_eq!(changed("del items[::-2]"), "[0, 2, 4]");
    assert_eq!(changed("items[1:3] += [7]"), "[0, 1, 2, 7, 3, 4, 5]");
}

#[test]
fn counters_count() {
    let counted =
        |body: &str| run(&format!("counts = collections.Counter(resource['A'])\n{body}"), r#"{"A": ["b", "a", "b"]}"#);
    assert_eq!(counted("return counts"), "Counter({'b': 2, 'a': 1})");
    assert_eq!(
        counted("return [counts['c'], len(counts), counts.get('c'), counts == {'a': 1, 'b': 2}]"),
        "[0, 2, None, True]"
    );
    assert_eq!(
        counted("counts.update({'a': 5}, c=0)\nreturn [counts.most_common(1), counts.total()]"),
        "[[('a', 6)], 8]"
    );
    assert_eq!(counted("counts.subtract('ab')\nreturn counts == collections.Counter('b', a=0)"), "True");
    assert_eq!(
        counted(
            "counts += collections.Counter('cb')\nreturn [counts - collections.Counter('bb'), counts & collections.Counter('bz')]"
        ),
        "[Counter({'b': 1, 'a': 1, 'c': 1}), Counter({'b': 1})]"
    );
    assert_eq!(
        counted("del counts['z']\ncounts['x'] = 'y'\nreturn str(counts)"),
        "\"Counter({'b': 2, 'a': 1, 'x': 'y'})\""
    );
    assert_eq!(
        counted("return [collections.Counter(), isinstance(counts, dict), dict(counts), counts | {}]"),
        "unsupported '|' of a Counter and something else"
    );
    assert_eq!(value("collections.Counter([[]])", "{}"), "TypeError: unhashable type: 'list'");
    assert_eq!(value("collections.Counter(5)", "{}"), "TypeError: 'int' object is not iterable");
}

#[test]
fn ordered_dicts_keep_order() {
    let ordered = |body: &str| run(&format!("found = collections.OrderedDict([('a', 1), ('b', 2)])\n{body}"), "{}");
    assert_eq!(ordered("found.move_to_end('a')\nreturn found"), "OrderedDict([('b', 2), ('a', 1)])");
    assert_eq!(
        ordered("return [found.popitem(last=False), found, collections.OrderedDict()]"),
        "[('a', 1), OrderedDict([('b', 2)]), OrderedDict()]"
    );
    assert_eq!(
        ordered(
            "other = collections.OrderedDict(b=2, a=1)\nreturn [found == other, found == dict(other), found | other]"
        ),
        "[False, True, OrderedDict([('a', 1), ('b', 2)])]"
    );
    assert_eq!(ordered("return found.move_to_end('z')"), "KeyError: 'z'");
}

#[test]
fn a_union_of_a_defaultdict_is_one() {
    assert_eq!(value("({'a': 1} | collections.defaultdict(list))['b']", "{}"), "[]");
}

#[test]
fn bytes_have_beginnings_and_ends() {
    assert_eq!(
        value("['ab'.encode().startswith('a'.encode()), 'ab'.encode().endswith(('x'.encode(), 'b'.encode()))]", "{}"),
        "[True, True]"
    );
    assert_eq!(
        value("'ab'.encode().startswith('a')", "{}"),
        "TypeError: startswith first arg must be bytes or a tuple of bytes, not str"
    );
}
