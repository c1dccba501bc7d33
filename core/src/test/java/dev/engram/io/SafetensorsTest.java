package dev.engram.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TypeException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {
  @TempDir Path folder;

  /** Builds the bytes of a file from the description of the format, independently of the writer. */
  static byte[] file(String header, byte... data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("m.safetensors"), bytes);
  }

  private String errorOf(byte[] bytes) throws IOException {
    Path path = write(bytes);
    String message = assertThrows(FormatException.class, () -> Safetensors.read(path)).getMessage();
    assertTrue(message.startsWith(path + ": "), message);
    return message.substring((path + ": ").length());
  }

  @Test
  void readsBytesPutTogetherByHand() throws IOException {
    String header =
        "{\"__metadata__\":{\"by\":\"hand\"},"
            + "\"b\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[4,12]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}   ";
    Safetensors read =
        Safetensors.read(
            write(
                file(
                    header,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0xC0,
                    (byte) 0x3F,
                    (byte) 1,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0xFE,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF)));
    assertEquals(Map.of("by", "hand"), read.metadata());
    assertEquals(List.of("b", "a"), read.entries().stream().map(Safetensors.Entry::name).toList());
    assertEquals(1.5f, read.entry("a").data().get(ValueLayout.JAVA_FLOAT, 0));
    assertArrayEquals(new long[0], read.entry("a").shape());
    assertArrayEquals(new int[] {1, -2}, read.entry("b").data().toArray(ValueLayout.JAVA_INT));
    assertEquals(0, read.entry("b").data().address() % 64);
    assertTrue(read.entry("b").data().isReadOnly());
    assertThrows(NoSuchElementException.class, () -> read.entry("c"));
  }

  @Test
  void anEmptyFileOfTensorsIsLegal() throws IOException {
    assertEquals(List.of(), Safetensors.read(write(file("{}"))).entries());
  }

  static List<Safetensors.Entry> samples() {
    return List.of(
        new Safetensors.Entry(
            "flag", "BOOL", new long[] {3}, MemorySegment.ofArray(new byte[] {1, 0, 1})),
        new Safetensors.Entry(
            "w \"q\" é",
            "F64",
            new long[] {1, 2},
            MemorySegment.ofArray(new double[] {Math.PI, -0.0})),
        new Safetensors.Entry(
            "none", "F32", new long[] {0, 7}, MemorySegment.ofArray(new float[0])),
        new Safetensors.Entry("step", "I64", new long[0], MemorySegment.ofArray(new long[] {-5})),
        new Safetensors.Entry(
            "x", "F32", new long[] {2}, MemorySegment.ofArray(new float[] {1, Float.NaN})));
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("z", "line\nbreak");
    metadata.put("a", "");
    Path path = folder.resolve("out.safetensors");
    new Safetensors(metadata, samples()).write(path);
    Safetensors read = Safetensors.read(path);
    assertEquals(List.copyOf(metadata.entrySet()), List.copyOf(read.metadata().entrySet()));
    assertSame(samples(), read.entries());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(path), files.toList());
    }
  }

  static void assertSame(List<Safetensors.Entry> expected, List<Safetensors.Entry> got) {
    assertEquals(expected.size(), got.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).name(), got.get(i).name());
      assertEquals(expected.get(i).dtype(), got.get(i).dtype());
      assertArrayEquals(expected.get(i).shape(), got.get(i).shape());
      assertEquals(-1, expected.get(i).data().mismatch(got.get(i).data()), got.get(i).name());
    }
  }

  @Test
  void everyTensorIsAlignedToItsElementsInTheFile() throws IOException {
    Path path = folder.resolve("out.safetensors");
    new Safetensors(Map.of(), samples()).write(path);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    int headerBytes = (int) bytes.getLong(0);
    assertEquals(0, headerBytes % 8);
    SafetensorsHeader header =
        SafetensorsHeader.parse(bytes.slice(8, headerBytes), bytes.capacity() - 8 - headerBytes);
    for (SafetensorsHeader.Slot slot : header.slots()) {
      assertEquals(0, slot.begin() % ElementType.width(slot.type()), slot.name());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[]|the header is not a JSON object",
        "{\"a\":3}|tensor \"a\": is a number, expected an object with dtype, shape, data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}|tensor \"a\": has no field \"data_offsets\"",
        "{\"a\":{\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]}}|tensor \"a\": dtype"
            + " \"f32\" is unknown, expected BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, I16, U16,"
            + " F16, BF16, I32, U32, F32, I64, U64, F64, C64",
        "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}|tensor \"a\": dtype is a"
            + " number, expected a string",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}|tensor \"a\": shape[0]"
            + " is -1, expected an integer of at least 0",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}|tensor \"a\": shape[0]"
            + " is 1.0, expected an integer of at least 0",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[9999999999999999999],\"data_offsets\":[0,4]}}|tensor"
            + " \"a\": shape[0] is 9999999999999999999, which is larger than 2^63 - 1",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}|tensor"
            + " \"a\": shape [4294967296, 4294967296] has more than 2^63 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|tensor \"a\":"
            + " data_offsets [0, 4] hold 4 bytes, expected 8 for dtype F32 and shape [2]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,0]}}|tensor \"a\":"
            + " data_offsets is [4, 0], expected [begin, end]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}|tensor \"a\":"
            + " data_offsets [0, 8] end beyond the data, which has 4 bytes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\","
            + "\"shape\":[2],\"data_offsets\":[2,4]}}|tensor \"b\": data_offsets [2, 4] overlap"
            + " tensor \"a\", which ends at 3",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[1,4]}}|tensor \"a\": data_offsets"
            + " [1, 4] leave bytes [0, 1] to no tensor",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}|the tensors end at byte 3"
            + " of the data, which has 4 bytes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"x\":1}}|tensor \"a\": has"
            + " the unknown field \"x\", expected dtype, shape, data_offsets",
        "{\"__metadata__\":{\"k\":1}}|__metadata__.k is a number, expected a string",
        "{\"__metadata__\":[]}|__metadata__ is an array, expected an object of strings",
        "{\"a\":1,\"a\":1}|invalid JSON at character 7: the name \"a\" occurs twice",
      })
  void corruptHeadersAreRefused(String header, String message) throws IOException {
    assertEquals(message, errorOf(file(header, new byte[4])));
  }

  @Test
  void corruptLengthsAreRefusedBeforeAnythingIsAllocated() throws IOException {
    assertEquals("has 0 bytes, expected at least 8 for the header length", errorOf(new byte[0]));
    assertEquals("has 7 bytes, expected at least 8 for the header length", errorOf(new byte[7]));
    for (long length : new long[] {3, 1L << 31, 1L << 40, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
      byte[] bytes = file("{}");
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      assertEquals(
          "the header length is "
              + Long.toUnsignedString(length)
              + " bytes, expected at most 2 in a file of 10 bytes",
          errorOf(bytes));
    }
    byte[] notUtf8 = file("{\"?\":1}");
    notUtf8[10] = (byte) 0xFF;
    assertEquals("the header is not valid UTF-8 at byte 10", errorOf(notUtf8));
  }

  /**
   * With any byte flipped, or truncated to any length, a file is read, or refused with an error
   * that names it.
   */
  @ParameterizedTest
  @MethodSource("bitMasks")
  void anyDamagedByteIsReadOrRefused(int mask) throws IOException {
    Path good = folder.resolve("good.safetensors");
    new Safetensors(Map.of("k", "v"), samples()).write(good);
    byte[] bytes = Files.readAllBytes(good);
    int refused = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= (byte) mask;
      refused += isRefused(damaged) ? 1 : 0;
    }
    assertTrue(refused > bytes.length / 3, "only " + refused + " of " + bytes.length + " refused");
  }

  static int[] bitMasks() {
    return new int[] {0x01, 0x02, 0x04, 0x10, 0x20, 0x80, 0xFF};
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    Path good = folder.resolve("good.safetensors");
    new Safetensors(Map.of("k", "v"), samples()).write(good);
    byte[] bytes = Files.readAllBytes(good);
    assertFalse(isRefused(bytes));
    for (int length = 0; length < bytes.length; length++) {
      assertTrue(isRefused(Arrays.copyOf(bytes, length)), "length " + length);
    }
    assertTrue(isRefused(Arrays.copyOf(bytes, bytes.length + 1)));
  }

  private boolean isRefused(byte[] bytes) throws IOException {
    Path path = write(bytes);
    try {
      for (Safetensors.Entry entry : Safetensors.read(path).entries()) {
        entry.data().toArray(ValueLayout.JAVA_BYTE);
      }
      return false;
    } catch (FormatException e) {
      assertTrue(e.getMessage().startsWith(path + ": "), e.getMessage());
      return true;
    }
  }

  @Test
  void entriesAreCheckedWhenTheyAreMade() {
    MemorySegment four = MemorySegment.ofArray(new float[1]);
    assertEquals(
        "tensor \"w\": F32[2, 3] needs 24 bytes, got 4",
        illegal("w", "F32", new long[] {2, 3}, four));
    assertEquals(
        "tensor \"w\": F32[-1] has a negative size or more than 2^63 bytes",
        illegal("w", "F32", new long[] {-1}, four));
    for (String mistyped : List.of("f32", "F23", "FLOAT32", "INT8", "F4")) {
      assertEquals(
          "tensor \"w\": %s[1] has an unknown dtype, expected one of BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, I16, U16, F16, BF16, I32, U32, F32, I64, U64, F64, C64"
              .formatted(mistyped),
          illegal("w", mistyped, new long[] {1}, four));
    }
    assertTrue(illegal("__metadata__", "F32", new long[] {1}, four).contains("reserved"));
    Safetensors.Entry entry = new Safetensors.Entry("w", "F32", new long[] {1}, four);
    assertThrows(
        IllegalArgumentException.class, () -> new Safetensors(Map.of(), List.of(entry, entry)));
  }

  private static String illegal(String name, String dtype, long[] shape, MemorySegment data) {
    return assertThrows(
            IllegalArgumentException.class, () -> new Safetensors.Entry(name, dtype, shape, data))
        .getMessage();
  }

  @Test
  void tensorsComeBackWithTheirBits() throws IOException {
    List<HostTensor> tensors =
        List.of(
            HostTensor.of(new float[] {1, Float.NaN, -0f}, 3, 1),
            HostTensor.of(new double[] {Math.PI}),
            HostTensor.of(new int[0], 0, 2),
            HostTensor.of(new long[] {Long.MIN_VALUE, 3}, 2),
            HostTensor.of(new short[] {Short.MIN_VALUE, 3}, 2),
            HostTensor.of(new byte[] {Byte.MIN_VALUE, 3}, 2),
            HostTensor.ofUnsigned(new byte[] {-1, 3}, 2),
            HostTensor.of(new float[] {0.1f, Float.NaN}, 2).cast(DType.F16).host(),
            HostTensor.of(new float[] {0.1f, 1e38f}, 2).cast(DType.BF16).host(),
            HostTensor.of(new boolean[] {true, false}, 2));
    List<Safetensors.Entry> entries =
        tensors.stream().map(t -> Safetensors.Entry.of(t.type().toString(), t)).toList();
    Path path = folder.resolve("t.safetensors");
    new Safetensors(Map.of(), entries).write(path);
    Safetensors read = Safetensors.read(path);
    for (HostTensor t : tensors) {
      assertTrue(t.sameBits(read.entry(t.type().toString()).tensor()), t.toString());
    }
  }

  @Test
  void whatIsNoTensorIsNamed() {
    assertTrue(noTensor("U16", new long[] {1}, 2).contains("U16[1] has an element type without"));
    assertTrue(noTensor("F32", new long[] {1L << 40, 0}, 0).contains("longer than 2^31 - 1"));
    assertEquals("", noTensor("BOOL", new long[] {2}, 2));
    MemorySegment two = MemorySegment.ofArray(new byte[] {1, 2});
    Safetensors.Entry bad = new Safetensors.Entry("w", "BOOL", new long[] {2}, two);
    assertEquals(
        "tensor \"w\": BOOL[2]: element 1 is 2, expected 0 or 1",
        assertThrows(TypeException.class, bad::tensor).getMessage());
  }

  private static String noTensor(String dtype, long[] shape, int bytes) {
    try {
      new Safetensors.Entry("w", dtype, shape, MemorySegment.ofArray(new byte[bytes])).tensor();
      return "";
    } catch (TypeException e) {
      return e.getMessage();
    }
  }

  @Test
  void aMissingFileIsNamed() {
    Path path = folder.resolve("nowhere.safetensors");
    IOException e = assertThrows(IOException.class, () -> Safetensors.read(path));
    assertEquals("cannot read " + path + ": there is no such file", e.getMessage());
  }

  /**
   * A file of a later version: known types are read; the rest is kept, but cannot become tensors.
   */
  @Test
  void tensorsOfNewerTypesDoNotSpoilTheOthers() throws IOException {
    String header =
        "{\"scale\":{\"dtype\":\"F4\",\"shape\":[3,2],\"data_offsets\":[0,3]},"
            + "\"half\":{\"dtype\":\"F8_E8M0\",\"shape\":[1],\"data_offsets\":[3,4]},"
            + "\"z\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[4,12]},"
            + "\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[12,14]}}";
    Path file = folder.resolve("newer.safetensors");
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 14).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    for (int i = 0; i < 14; i++) {
      bytes.put((byte) (i + 1));
    }
    Files.write(file, bytes.array());
    Safetensors read = Safetensors.read(file);
    assertEquals(14, read.entry("w").tensor().bits(1));
    for (String name : List.of("scale", "half", "z")) {
      TypeException e = assertThrows(TypeException.class, () -> read.entry(name).tensor());
      assertTrue(e.getMessage().contains("tensor \"" + name + "\""), e::getMessage);
      assertTrue(e.getMessage().contains("element type without tensors"), e::getMessage);
    }
    Path again = folder.resolve("again.safetensors");
    read.write(again);
    Safetensors copy = Safetensors.read(again);
    assertEquals("F4", copy.entry("scale").dtype());
    assertEquals(-1, copy.entry("scale").data().mismatch(read.entry("scale").data()));
  }

  @Test
  void whatCannotBeReadIsNamed() throws IOException {
    String message = assertThrows(IOException.class, () -> Safetensors.read(folder)).getMessage();
    assertEquals("cannot read " + folder + ": it is a folder", message);
  }
}
