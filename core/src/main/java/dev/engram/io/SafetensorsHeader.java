package dev.engram.io;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The JSON header of a safetensors file: the metadata, and for each tensor its type, shape and the
 * bytes {@code [begin, end)} of the data area that hold it.
 */
record SafetensorsHeader(Map<String, String> metadata, List<Slot> slots) {
  static final String METADATA = "__metadata__";
  private static final Set<String> FIELDS = Set.of("dtype", "shape", "data_offsets");

  /**
   * One tensor as the header describes it; {@code end - begin} matches its type and shape where the
   * type is known.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Slot(String name, String type, long[] shape, long begin, long end) {}

  /**
   * Reads and checks a header for a data area of {@code dataBytes} bytes. Guarantees that every
   * slot lies inside the data area, that no two overlap, and that together they cover it without
   * holes.
   */
  static SafetensorsHeader parse(ByteBuffer utf8, long dataBytes) throws FormatException {
    if (!(Json.parse(decode(utf8)) instanceof Json.Obj(Map<String, Json> members))) {
      throw new FormatException("the header is not a JSON object");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Slot> slots = new ArrayList<>();
    for (Map.Entry<String, Json> member : members.entrySet()) {
      if (member.getKey().equals(METADATA)) {
        readMetadata(member.getValue(), metadata);
      } else {
        slots.add(readSlot(member.getKey(), member.getValue()));
      }
    }
    checkCover(slots, dataBytes);
    return new SafetensorsHeader(Collections.unmodifiableMap(metadata), List.copyOf(slots));
  }

  /** The header as UTF-8, padded with spaces so that the data area starts at a multiple of 8. */
  byte[] encode() {
    StringBuilder json = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      Json.quote(METADATA, json);
      json.append(":{");
      String comma = "";
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        Json.quote(entry.getKey(), json.append(comma));
        Json.quote(entry.getValue(), json.append(':'));
        comma = ",";
      }
      json.append('}');
    }
    for (Slot slot : slots) {
      json.append(json.length() > 1 ? "," : "");
      Json.quote(slot.name, json);
      json.append(":{\"dtype\":\"").append(slot.type).append("\",\"shape\":");
      json.append(Arrays.toString(slot.shape).replace(" ", ""));
      json.append(",\"data_offsets\":[").append(slot.begin).append(',').append(slot.end);
      json.append("]}");
    }
    byte[] utf8 = encode(json.append('}').toString());
    byte[] padded = Arrays.copyOf(utf8, (utf8.length + 7) / 8 * 8);
    Arrays.fill(padded, utf8.length, padded.length, (byte) ' ');
    return padded;
  }

  private static String decode(ByteBuffer utf8) throws FormatException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(utf8)
          .toString();
    } catch (CharacterCodingException e) {
      throw new FormatException("the header is not valid UTF-8 at byte " + (8 + utf8.position()));
    }
  }

  private static byte[] encode(String json) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json));
      return Arrays.copyOf(bytes.array(), bytes.limit());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a name or metadata has half a surrogate pair", e);
    }
  }

  private static void readMetadata(Json value, Map<String, String> into) throws FormatException {
    if (!(value instanceof Json.Obj(Map<String, Json> members))) {
      throw new FormatException(
          METADATA + " is " + value.kind() + ", expected an object of strings");
    }
    for (Map.Entry<String, Json> member : members.entrySet()) {
      if (!(member.getValue() instanceof Json.Str(String text))) {
        throw new FormatException(
            String.format(
                "%s.%s is %s, expected a string",
                METADATA, member.getKey(), member.getValue().kind()));
      }
      into.put(member.getKey(), text);
    }
  }

  private static Slot readSlot(String name, Json value) throws FormatException {
    if (!(value instanceof Json.Obj(Map<String, Json> fields))) {
      throw wrong(
          name, "is " + value.kind() + ", expected an object with dtype, shape, data_offsets");
    }
    for (String field : FIELDS) {
      if (!fields.containsKey(field)) {
        throw wrong(name, "has no field \"" + field + "\"");
      }
    }
    for (String field : fields.keySet()) {
      if (!FIELDS.contains(field)) {
        throw wrong(
            name, "has the unknown field \"" + field + "\", expected dtype, shape, data_offsets");
      }
    }
    String type = type(name, fields.get("dtype"));
    long[] shape = sizes(name, "shape", fields.get("shape"));
    long[] offsets = sizes(name, "data_offsets", fields.get("data_offsets"));
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw wrong(name, "data_offsets is " + Arrays.toString(offsets) + ", expected [begin, end]");
    }
    Optional<ElementType> known = ElementType.named(type);
    long expected =
        known.isEmpty()
            ? offsets[1] - offsets[0]
            : known
                .get()
                .bytesOf(shape)
                .orElseThrow(
                    () ->
                        wrong(
                            name, "shape " + Arrays.toString(shape) + " has more than 2^63 bytes"));
    if (offsets[1] - offsets[0] != expected) {
      throw wrong(
          name,
          String.format(
              "data_offsets %s hold %d bytes, expected %d for dtype %s and shape %s",
              Arrays.toString(offsets),
              offsets[1] - offsets[0],
              expected,
              type,
              Arrays.toString(shape)));
    }
    return new Slot(name, type, shape, offsets[0], offsets[1]);
  }

  private static String type(String name, Json value) throws FormatException {
    if (!(value instanceof Json.Str(String text))) {
      throw wrong(name, "dtype is " + value.kind() + ", expected a string");
    }
    if (!ElementType.isName(text)) {
      throw wrong(name, "dtype \"" + text + "\" is unknown, expected " + ElementType.names());
    }
    return text;
  }

  private static long[] sizes(String name, String field, Json value) throws FormatException {
    if (!(value instanceof Json.Arr(List<Json> items))) {
      throw wrong(name, field + " is " + value.kind() + ", expected an array of integers");
    }
    long[] sizes = new long[items.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = size(name, field + "[" + i + "]", items.get(i));
    }
    return sizes;
  }

  private static long size(String name, String place, Json value) throws FormatException {
    String got = value instanceof Json.Num(String text) ? text : value.kind();
    boolean digits = !got.isEmpty() && got.chars().allMatch(c -> c >= '0' && c <= '9');
    try {
      if (digits) {
        return Long.parseLong(got);
      }
    } catch (NumberFormatException e) {
      throw wrong(name, place + " is " + got + ", which is larger than 2^63 - 1");
    }
    throw wrong(name, place + " is " + got + ", expected an integer of at least 0");
  }

  private static void checkCover(List<Slot> slots, long dataBytes) throws FormatException {
    List<Slot> ordered = new ArrayList<>(slots);
    ordered.sort(Comparator.comparingLong(Slot::begin).thenComparingLong(Slot::end));
    long covered = 0;
    String previous = "";
    for (Slot slot : ordered) {
      String range = "data_offsets [" + slot.begin + ", " + slot.end + "]";
      if (slot.end > dataBytes) {
        throw wrong(slot.name, range + " end beyond the data, which has " + dataBytes + " bytes");
      }
      if (slot.begin < covered) {
        throw wrong(
            slot.name, range + " overlap tensor \"" + previous + "\", which ends at " + covered);
      }
      if (slot.begin > covered) {
        throw wrong(
            slot.name, range + " leave bytes [" + covered + ", " + slot.begin + "] to no tensor");
      }
      covered = slot.end;
      previous = slot.name;
    }
    if (covered != dataBytes) {
      throw new FormatException(
          "the tensors end at byte " + covered + " of the data, which has " + dataBytes + " bytes");
    }
  }

  private static FormatException wrong(String tensor, String message) {
    return new FormatException("tensor \"" + tensor + "\": " + message);
  }
}
