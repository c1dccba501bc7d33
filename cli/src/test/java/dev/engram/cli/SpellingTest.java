package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpellingTest {
  @Test
  void distancesCountEdits() {
    assertEquals(0, Spelling.distance("batch", "batch"));
    assertEquals(5, Spelling.distance("", "batch"));
    assertEquals(1, Spelling.distance("bathc", "batch"));
    assertEquals(3, Spelling.distance("kitten", "sitting"));
  }

  @Test
  void onlyNearWordsAreOffered() {
    List<String> words = List.of("--lag", "--layers", "--lr");
    assertEquals(Optional.of("--lag"), Spelling.nearest("--lga", words));
    assertEquals(Optional.of("--layers"), Spelling.nearest("--laye", words));
    assertEquals(Optional.of("--epochs"), Spelling.nearest("--ep", List.of("--epochs", "--lag")));
    assertEquals(Optional.empty(), Spelling.nearest("--momentum", words));
    assertEquals(Optional.empty(), Spelling.nearest("--", words));
  }
}
