//! Lists the files of the built-in packs, so that the program carries them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../detections");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut list = String::from("&[\n");
    for pack in sorted(&root)? {
        if pack.is_dir() {
            let name = pack.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let _ = writeln!(list, "    ({name:?}, &[");
            files(&pack, &pack, &mut list)?;
            list.push_str("    ]),\n");
        }
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("packs.rs"), list)
}

/// The pack's files below a folder, each with its text.
fn files(pack: &Path, folder: &Path, list: &mut String) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for path in sorted(folder)? {
        if path.is_dir() {
            files(pack, &path, list)?;
        } else if let Ok(name) = path.strip_prefix(pack) {
            println!("cargo::rerun-if-changed={}", path.display());
            let name = name.to_string_lossy().replace('\\', "/");
            let absolute = path.canonicalize()?;
            let _ = writeln!(list, "        ({name:?}, include_bytes!({:?})),", absolute.to_string_lossy());
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|it| it.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.'));
    paths.sort();
    Ok(paths)
}
