//! Files in a recording: what is put in comes back, and what is not whole is told.

use super::file::ChunkHead;
use super::roundtrip::{Dice, chunk_starts, random_file};
use super::*;
use std::io::Cursor;

/// Attachments of all sizes: none, one piece, several.
fn attachments() -> Vec<Attachment> {
    let file = |kind, name: &str, bytes: Vec<u8>| Attachment { kind, name: name.into(), bytes: bytes.into() };
    let mut dice = Dice(5);
    vec![
        file(AttachmentKind::Source, "src/a.c", b"int main;".to_vec()),
        file(AttachmentKind::Source, "src/b.c", Vec::new()),
        file(AttachmentKind::Twin, "", (0..9 << 20).map(|_| dice.next() as u8).collect()),
    ]
}

#[test]
fn attached_files_come_back_and_the_last_of_a_name_counts() {
    let (file, mut expected, _) = random_file(4, 3, 40);
    let mut file = Cursor::new(file);
    let older = Attachment { bytes: b"older".as_slice().into(), ..attachments().remove(0) };
    attach(&mut file, &[older]).unwrap();
    attach(&mut file, &attachments()).unwrap();
    expected.attachments = attachments();
    assert_eq!(read(file.get_ref()).unwrap(), expected);
}

#[test]
fn files_are_attached_to_a_recording_that_broke_off() {
    let (mut file, expected, _) = random_file(4, 3, 40);
    file.truncate(file.len() - 10);
    let mut file = Cursor::new(file);
    attach(&mut file, &attachments()).unwrap();
    let found = read(file.get_ref()).unwrap();
    assert_eq!((&found.attachments, &found.heap), (&attachments(), &expected.heap));
    assert_eq!((found.outcome, found.damage.is_some()), (Outcome::Unknown, true));
}

#[test]
fn an_attached_file_that_is_not_whole_is_told() {
    let (file, _, _) = random_file(4, 1, 4);
    let (mut file, begin) = (Cursor::new(file.clone()), file.len());
    attach(&mut file, &attachments()).unwrap();
    let chunks: Vec<_> = chunk_starts(file.get_ref()).into_iter().filter(|(at, _)| *at >= begin).collect();
    assert_eq!(chunks.len(), 5);
    for (at, head) in chunks {
        let mut harmed = file.get_ref().clone();
        harmed.drain(at..at + ChunkHead::BYTES + head.stored_bytes as usize);
        let found = read(&harmed).unwrap();
        // A file of a single piece leaves no trace; none is ever half there.
        assert!(found.attachments.iter().all(|attachment| attachments().contains(attachment)));
        assert_eq!(found.attachments.len(), 2, "{:?}", found.damage);
    }
    let harmed = &file.get_ref()[..file.get_ref().len() - 1];
    assert!(read(harmed).unwrap().damage.unwrap().message.contains("1 attached file is missing"));
}

#[test]
fn what_was_cut_off_and_attached_again_is_whole() {
    let (file, _, _) = random_file(4, 1, 4);
    let mut file = Cursor::new(file);
    attach(&mut file, &attachments()).unwrap();
    let cut = file.get_ref().len() - 10;
    file.get_mut().truncate(cut);
    assert!(read(file.get_ref()).unwrap().damage.is_some());
    attach(&mut file, &attachments()[2..]).unwrap();
    let found = read(file.get_ref()).unwrap();
    assert_eq!(found.attachments, attachments());
    let damage = found.damage.map(|damage| damage.message).unwrap_or_default();
    assert!(!damage.contains("missing"), "{damage}");
}

#[test]
fn many_attached_files_come_back_in_order() {
    let (file, _, _) = random_file(4, 1, 4);
    let mut file = Cursor::new(file);
    let one = attachments().remove(0);
    let name = |number: u32| Attachment { name: number.to_string(), ..one.clone() };
    let many: Vec<_> = (0..30_000).map(name).collect();
    attach(&mut file, &many).unwrap();
    assert_eq!(read(file.get_ref()).unwrap().attachments, many);
}

#[test]
fn nothing_is_attached_to_what_is_no_recording() {
    for bytes in [b"".as_slice(), b"\0asm\x01\0\0\0", b"wscope\r\n\x01\0\0\0", b"wscope\r\n\x09\0\0\0"] {
        let mut file = Cursor::new(bytes.to_vec());
        assert!(attach(&mut file, &attachments()).is_err());
        assert_eq!(file.into_inner(), bytes);
    }
}
