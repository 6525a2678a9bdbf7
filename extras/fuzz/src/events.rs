use std::time::Duration;

use gateway_util::Event;

/// The bytes are a name, an id and data, the first two ended by a NUL: an event's output is read as a
/// browser reads it (the HTML standard, section 9.2.6).
pub fn events(data: &[u8]) {
    let (name, rest) = crate::cut(data, 0);
    let (id, text) = crate::cut(rest, 0);
    let lossy = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (name, id, text) = (lossy(name), lossy(id), lossy(text));
    let event = Event::data(&*text).retry(Duration::from_millis(text.len() as u64));
    let has_end = |text: &str| text.contains(['\r', '\n']);
    let event = match event.clone().event(&*name) {
        Ok(named) => {
            assert!(!has_end(&name));
            named
        }
        Err(_) => {
            assert!(has_end(&name));
            event
        }
    };
    let event = match event.clone().id(&*id) {
        Ok(with_id) => {
            assert!(!has_end(&id) && !id.contains('\0'));
            with_id
        }
        Err(_) => event,
    };
    // A comment of the same text is no event.
    let stream = format!("{}{event}{}", Event::comment(&*text), Event::comment(&*text));
    let [read] = &read(&stream)[..] else {
        panic!("one event: {stream:?}");
    };
    assert_eq!(read.data, text.replace("\r\n", "\n").replace('\r', "\n"));
    if !has_end(&name) {
        assert_eq!(read.name, name);
    }
    if !has_end(&id) {
        assert_eq!(read.id, id);
    }
}

#[derive(Default)]
struct Read {
    name: String,
    id: String,
    data: String,
}

fn read(stream: &str) -> Vec<Read> {
    let stream = stream.replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut event, mut has_data) = (Vec::new(), Read::default(), false);
    for line in stream.split_terminator('\n') {
        if line.is_empty() {
            let event = std::mem::take(&mut event);
            if std::mem::take(&mut has_data) {
                events.push(event);
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event.name = value.to_owned(),
            "id" => event.id = value.to_owned(),
            "data" => {
                if has_data {
                    event.data.push('\n');
                }
                has_data = true;
                event.data.push_str(value);
            }
            "retry" => assert!(value.parse::<u64>().is_ok()),
            // A comment.
            "" => {}
            other => panic!("the field {other:?}"),
        }
    }
    assert!(event.name.is_empty() && !has_data, "an event without an end");
    events
}
