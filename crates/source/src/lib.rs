//! Text with positions: JSON and YAML as one spanned tree, and a fast record scanner.
